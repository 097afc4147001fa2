"""Addresses: `pools` chooses a subnet for a network, `addresses` an address for an endpoint, `mac` its hardware address. Pure, without I/O."""
