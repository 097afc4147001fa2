"""The drivers whose links stand on one of the host's: macvlan and ipvlan.

options   what users say: parent, mode
planning  which parent a network gets
parent    makes the kernel's parent what the record says
network   the driver: a link straight in the sandbox, its addresses
"""
