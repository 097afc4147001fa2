"""How port 53 of a container's 127.0.0.11 comes to the resolver's sockets, which have other ports. Text of nft(8).

Port 53 itself stays free, so that a container can serve names on 0.0.0.0:53. Docker translates the destination (DNAT);
here the port is rewritten in packets on their way out of a socket, there and back: no connection tracking is needed,
which each packet of the container would pay for.
"""

from typing import Final

from dockyard.network.resolver.values import ADDRESS, PORT

TABLE: Final = "ip dockyard-resolver"
CHAIN: Final = f"{TABLE} output"


def redirect(udp_port: int, tcp_port: int) -> str:
    """One transaction that leads port 53 to these ports, whatever was there before."""
    rules = "".join(
        f"add rule {CHAIN} ip daddr {ADDRESS} {protocol} dport {PORT} {protocol} dport set {port}\n"
        f"add rule {CHAIN} ip saddr {ADDRESS} {protocol} sport {port} {protocol} sport set {PORT}\n"
        for protocol, port in (("udp", udp_port), ("tcp", tcp_port))
    )
    hook = "{ type filter hook output priority mangle; policy accept; }"
    # Flushed, not deleted: where a table goes, the kernel waits for all processors, 5 to 40 ms.
    return f"add table {TABLE}\nadd chain {CHAIN} {hook}\nflush chain {CHAIN}\n{rules}"
