"""Published ports without the firewall: what docker-proxy does with a process for each port, one thread does for all.

Nearly every packet to a published port is led to its container by nftables and never seen here. What is left: clients
that come by IPv6 to a container that has IPv4 only, an engine without firewall rules (`--iptables=false`), and the
moment between somebody's flush of the rules and their return.

    loop    epoll, and the thread around it
    tcp     accept, connect, copy both ways
    udp     a socket for each client, forgotten when it falls silent
"""
