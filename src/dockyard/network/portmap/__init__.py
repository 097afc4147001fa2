"""Published ports.

bindings      Docker's JSON form, to requests and back
host_ports    which ports of the host are given out
reservation   how one is held against every other process
"""
