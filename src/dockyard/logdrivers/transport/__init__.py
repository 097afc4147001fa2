"""How bytes get to a receiver: streams (TCP, TLS, unix) and datagrams (UDP, unix). No driver's format."""
