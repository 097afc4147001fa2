"""Published ports: `bindings` reads Docker's JSON form, `host_ports` gives out and reserves ports of the host."""
