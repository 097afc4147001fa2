"""Networks over several hosts: a bridge on each, joined by VXLAN. docs/adr/0020 tells why it is so.

    container ─ veth ─ br-<id> ─ vx-<id> ═ UDP 4789 ═ vx-<id> ─ br-<id> ─ veth ─ container
                          │ gateway                                │ gateway
                        host A                                   host B

options     what users may say                     peers    who is where on other hosts, and what to tell the kernel
planning    which number and link a network gets   tunnel   makes the kernel's VXLAN link so
network     the driver                             gate     keeps strangers' datagrams out
"""
