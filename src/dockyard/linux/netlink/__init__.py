"""Netlink without a library: messages as bytes, one socket class, one module for each kind of kernel object.

    message     bytes ↔ headers and attributes; no I/O
    socket      sends a batch of requests in one system call, collects every answer
    filter      lets a socket hear only what is wanted of a group
    link, address, route, neighbor    the requests of rtnetlink(7) that networks need, and what dumps say
    sublink     links on top of another one: macvlan, ipvlan, vlan
    conntrack   flows that the kernel remembers: to forget those that lead to a container that is gone
    monitor     what others do to links and to nftables, as it happens

Requests are made by functions that return bytes, so that a caller can put several into one `sendmsg` and pays one
system call for them. Why not pyroute2: docs/adr/0006-networking-in-process.md.

https://man7.org/linux/man-pages/man7/netlink.7.html
https://man7.org/linux/man-pages/man7/rtnetlink.7.html
"""
