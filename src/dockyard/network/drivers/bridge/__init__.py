"""The bridge driver: containers behind a Linux bridge of the host, with NAT and published ports.

settings    what one bridge network is: link, subnet, gateway, options
choose      which link and subnet the default bridge gets; who owns a link
link        makes the kernel's bridge what the settings say
parameters  sysctls that forwarding and 127.0.0.1:PORT need
endpoint    a pair of links: one end in the sandbox, the other a port of the bridge
network     the driver: puts addresses, ports, endpoint and firewall together
reaper      removes links, slow in the kernel, in a thread of its own
"""
