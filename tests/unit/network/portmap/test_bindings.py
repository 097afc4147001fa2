"""Docker's JSON of published ports, to requests and back."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dockyard.errors import InvalidParameter
from dockyard.network.attachment import PortRequest, PublishedPort
from dockyard.network.portmap.bindings import parse_bindings, parse_exposed, port_map, publish_all


@pytest.mark.parametrize(
    ("bindings", "requests"),
    [
        ({}, ()),
        ({"80/tcp": [{"HostIp": "", "HostPort": "8080"}]}, (PortRequest("tcp", 80, "", 8080, 8080),)),
        ({"80": [{"HostPort": "8080"}]}, (PortRequest("tcp", 80, "", 8080, 8080),)),
        ({"80/tcp": [{"HostPort": "8080-8090"}]}, (PortRequest("tcp", 80, "", 8080, 8090),)),
        ({"53/udp": [{"HostIp": "127.0.0.1", "HostPort": ""}]}, (PortRequest("udp", 53, "127.0.0.1"),)),
        ({"53/UDP": [{"HostIp": "[::1]", "HostPort": "0"}]}, (PortRequest("udp", 53, "::1"),)),
        ({"80/tcp": []}, (PortRequest("tcp", 80),)),
        ({"80/tcp": None}, (PortRequest("tcp", 80),)),
        (
            {"443/tcp": [{"HostPort": "1"}, {"HostPort": "2"}], "80/tcp": [{"HostPort": "3"}]},
            (PortRequest("tcp", 80, "", 3, 3), PortRequest("tcp", 443, "", 1, 1), PortRequest("tcp", 443, "", 2, 2)),
        ),
    ],
)
def test_requests(bindings: Any, requests: tuple[PortRequest, ...]) -> None:
    assert parse_bindings(bindings) == requests


@pytest.mark.parametrize(
    "bindings",
    [
        {"x/tcp": []},
        {"": []},
        {"0/tcp": []},
        {"65536/tcp": []},
        {"80-81/tcp": []},
        {"80/icmp": []},
        {"-80/tcp": []},
        {"٣/tcp": []},
        {"80/tcp": [{"HostPort": "x"}]},
        {"80/tcp": [{"HostPort": "70000"}]},
        {"80/tcp": [{"HostPort": "9-8"}]},
        {"80/tcp": [{"HostPort": "1-"}]},
        {"80/tcp": [{"HostIp": "localhost", "HostPort": "1"}]},
        {"80/tcp": [{"HostIp": "1.2.3", "HostPort": "1"}]},
    ],
)
def test_refused(bindings: Any) -> None:
    with pytest.raises(InvalidParameter):
        parse_bindings(bindings)


@given(st.dictionaries(st.text(max_size=8), st.lists(st.fixed_dictionaries({"HostPort": st.text(max_size=8)}))))
def test_any_text_ends_in_requests_or_a_clear_error(bindings: Any) -> None:
    try:
        requests = parse_bindings(bindings)
    except InvalidParameter:
        return
    assert all(0 < request.container_port <= 65535 for request in requests)


def test_publish_all() -> None:
    asked = (PortRequest("tcp", 80, "", 8080, 8080),)
    assert publish_all(["80/tcp", "443", "53/udp"], asked) == (*asked, PortRequest("udp", 53), PortRequest("tcp", 443))


def test_exposed_ranges() -> None:
    assert parse_exposed(["8000-8002/udp", "80"]) == ((80, "tcp"), (8000, "udp"), (8001, "udp"), (8002, "udp"))


def test_back_to_json() -> None:
    published = (PublishedPort("tcp", 80, "0.0.0.0", 8080), PublishedPort("tcp", 80, "127.0.0.1", 9090))
    assert port_map(published, ["80/tcp", "443/tcp"]) == {
        "80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8080"}, {"HostIp": "127.0.0.1", "HostPort": "9090"}],
        "443/tcp": None,
    }
