"""Where a daemon may be, and what is no place."""

import pytest

from dockyard.client.address import parse
from dockyard.errors import InvalidParameter, NotImplementedYet
from dockyard.wire.query import query_string, quote


def test_unix_sockets() -> None:
    assert parse("unix:///run/x.sock").path == "/run/x.sock"
    assert parse("/run/x.sock").text == "unix:///run/x.sock"


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("tcp://10.0.0.1:2376", "10.0.0.1", 2376),
        ("tcp://box", "box", 2375),
        ("tcp://:4000", "127.0.0.1", 4000),
        ("tcp://[::1]:4000", "::1", 4000),
        ("tcp://[::1]", "::1", 2375),
        ("box:4000", "box", 4000),
        ("tcp://box:1/path", "box", 1),
    ],
)
def test_tcp(text: str, host: str, port: int) -> None:
    address = parse(text)
    assert (address.host, address.port, address.path) == (host, port, "")


@pytest.mark.parametrize("text", ["unix://", "ftp://x", "tcp://x:y", "tcp://x:99999", "://x"])
def test_no_address(text: str) -> None:
    with pytest.raises(InvalidParameter):
        parse(text)


@pytest.mark.parametrize("text", ["ssh://x", "npipe:////./pipe/x"])
def test_not_yet(text: str) -> None:
    with pytest.raises(NotImplementedYet):
        parse(text)


def test_queries() -> None:
    assert query_string({}) == ""
    assert query_string({"a": None, "b": False, "c": True, "d": 0, "e": "x y", "f": ["1", "2"]}) == (
        "?c=1&d=0&e=x%20y&f=1&f=2"
    )
    assert quote("a/b:c@d?é&=+%") == "a/b:c@d%3F%C3%A9%26%3D%2B%25"
