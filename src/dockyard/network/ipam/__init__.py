"""Pure, without I/O: `pools` chooses a subnet for a network, `addresses` an address, `mac` a hardware address."""
