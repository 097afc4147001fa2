"""How port 53 of a container's 127.0.0.11 comes to the resolver's sockets, which have other ports. Text of nft(8).

Port 53 itself stays free, so that a container can serve names on 0.0.0.0:53. Docker translates the destination (DNAT);
here the port is rewritten in packets on their way out of a socket, there and back: no connection tracking is needed,
which each packet of the container would pay for.
"""

from typing import Final

from dockyard.network.resolver.values import ADDRESS, PORT

TABLE: Final = "ip dockyard-resolver"


def redirect(udp_port: int, tcp_port: int) -> str:
    """One transaction that leads port 53 to these ports, whatever was there before."""
    rules = "".join(
        f"    ip daddr {ADDRESS} {protocol} dport {PORT} {protocol} dport set {port}\n"
        f"    ip saddr {ADDRESS} {protocol} sport {port} {protocol} sport set {PORT}\n"
        for protocol, port in (("udp", udp_port), ("tcp", tcp_port))
    )
    chain = f"  chain output {{\n    type filter hook output priority mangle; policy accept;\n{rules}  }}\n"
    return f"add table {TABLE}\ndelete table {TABLE}\ntable {TABLE} {{\n{chain}}}\n"
