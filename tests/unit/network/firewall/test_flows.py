"""Which flows are forgotten when a UDP port changes hands."""

import pytest

from dockyard.linux.netlink.conntrack import Flow
from dockyard.network.attachment import PublishedPort
from dockyard.network.firewall.flows import concerns
from dockyard.network.firewall.rules import Target

CLIENT, HOST, OLD, NEW = "198.51.100.2", "198.51.100.1", "172.17.0.2", "172.17.0.3"


def flow(
    destination: str, port: int, reply_source: str, reply_destination: str, source: str = CLIENT, protocol: int = 17
):
    return Flow(source, destination, port, protocol, reply_source, reply_destination, b"", b"")


@pytest.mark.parametrize(
    ("seen", "host_ip", "expected"),
    [
        (flow(HOST, 53, OLD, CLIENT), "0.0.0.0", True),  # led to a container that is gone
        (flow(HOST, 53, HOST, CLIENT), "0.0.0.0", True),  # began before the port was published
        (flow("127.0.0.1", 53, OLD, "172.17.0.1", "127.0.0.1"), "0.0.0.0", True),  # from the host, led to a container
        (flow("192.0.2.9", 53, "192.0.2.9", HOST, OLD), "0.0.0.0", False),  # a container asks a foreign server
        (flow(HOST, 54, OLD, CLIENT), "0.0.0.0", False),
        (flow(HOST, 53, OLD, CLIENT, protocol=6), "0.0.0.0", False),
        (flow(HOST, 53, OLD, CLIENT), "127.0.0.1", False),
        (flow(HOST, 53, OLD, CLIENT), HOST, True),
    ],
)
def test_concerns(seen: Flow, host_ip: str, expected: bool) -> None:
    assert concerns(seen, Target(PublishedPort("udp", 53, host_ip, 53), NEW)) is expected
