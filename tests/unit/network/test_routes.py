"""Which endpoint is a container's way out."""

from typing import Any

import pytest

from dockyard.network.attachment import Attachment
from dockyard.network.sandbox.routes import ways_out


def endpoint(network: str, gateway: str = "10.0.0.1", **more: Any) -> Attachment:
    return Attachment("c", "web", "s", network, network, network, "bridge", ipv4="10.0.0.2", gateway=gateway, **more)


@pytest.mark.parametrize(
    ("endpoints", "best"),
    [
        ([], None),
        ([endpoint("a", "")], None),
        ([endpoint("b"), endpoint("a")], "a"),
        ([endpoint("a"), endpoint("b", gw_priority=1)], "b"),
        ([endpoint("a", gw_priority=-1), endpoint("b")], "b"),
        ([endpoint("a", ""), endpoint("b")], "b"),
        ([endpoint("a", "", internal=True, gw_priority=9), endpoint("b")], "b"),
        ([endpoint("a"), endpoint("b", ipv6="fd00::2", ipv6_gateway="fd00::1")], "b"),
        ([endpoint("a", "", on_link=True), endpoint("b")], "a"),
    ],
)
def test_docker_order(endpoints: list[Attachment], best: str | None) -> None:
    found = ways_out(endpoints).get(4)
    assert (found.network if found else None) == best


def test_each_family_has_its_own() -> None:
    four, six = endpoint("a"), endpoint("b", "", ipv6="fd00::2", ipv6_gateway="fd00::1")
    assert ways_out([four, six]) == {4: four, 6: six}
