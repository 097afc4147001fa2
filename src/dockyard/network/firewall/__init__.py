"""NAT and filters of one bridge, in nftables.

rules      the text of its nftables table
table      keeps the kernel's copy like it
foreign    gets it along with firewalls of others
flows      makes UDP clients notice that a port has changed hands
"""
