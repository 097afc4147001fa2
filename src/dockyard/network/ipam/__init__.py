"""Addresses: `pools` chooses a subnet for a network, `addresses` an address for an endpoint. Pure, without I/O."""
