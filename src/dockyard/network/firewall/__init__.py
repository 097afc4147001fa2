"""NAT and filters of one bridge, in nftables.

rules      the text of its nftables table
table      keeps the kernel's copy like it
foreign    gets it along with firewalls of others
user_chain a place for the operator's own rules
bypass     which firewalls of the host published ports go past
flows      makes UDP clients notice that a port has changed hands
"""
