"""Queries, filters, timestamps, Accept: as Docker's daemon reads them."""

from types import SimpleNamespace
from typing import Any

import pytest

from dockyard.errors import InvalidParameter
from dockyard.server.docker.accept import preferred
from dockyard.server.docker.endpoints.containers.lifecycle import terminal_size
from dockyard.server.docker.endpoints.containers.logs import parse_tail
from dockyard.server.docker.filters import parse_filters
from dockyard.server.docker.http.query import Query, parse_integer
from dockyard.server.docker.timestamps import parse_unix_timestamp


@pytest.mark.parametrize(
    ("text", "value"),
    [("a=1", True), ("a=true", True), ("a=x", True), ("a=0", False), ("a=False", False), ("a=no", False),
     ("a=none", False), ("a=", False), ("a", False), ("b=1", False), ("a=0&a=1", False), ("a=%201", True)],
)  # fmt: skip
def test_flags(text: str, value: bool) -> None:
    assert Query(text).flag("a") is value


def test_a_flag_that_is_missing_has_its_default() -> None:
    assert Query("").flag("a", default=True) is True
    assert Query("a=0").flag("a", default=True) is False


def test_values() -> None:
    query = Query("a=1&a=2&b=x%2Fy+z&c=")
    assert (query.text("a"), query.texts("a"), query.text("b"), query.text("d")) == ("1", ("1", "2"), "x/y z", "")
    assert (query.has("c"), query.has("d")) == (True, False)
    assert (query.integer("a"), query.integer("c"), query.integer("d")) == (1, None, None)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("-5", -5),
        ("+7", 7),
        ("9223372036854775807", (1 << 63) - 1),
        ("-9223372036854775808", -(1 << 63)),
        ("0" * 5000 + "1", 1),
    ],
)
def test_integers(text: str, value: int) -> None:
    assert parse_integer(text) == value


@pytest.mark.parametrize(
    ("text", "reason"), [("x", "invalid syntax"), ("1.5", "invalid syntax"), ("", "invalid syntax"), ("-", "invalid"),
                         ("²", "invalid syntax"), ("1 ", "invalid syntax"), ("9" * 20, "value out of range"),
                         ("-" + "9" * 5000, "value out of range")]
)  # fmt: skip
def test_what_is_no_integer(text: str, reason: str) -> None:
    with pytest.raises(InvalidParameter, match=rf'strconv.Atoi: parsing ".*": {reason}'):
        parse_integer(text)


@pytest.mark.parametrize(
    ("text", "lines"), [("", -1), ("all", -1), ("-5", -1), ("7", 7), ("0" * 5000 + "7", 7), ("9" * 5000, -1)]
)
def test_tails(text: str, lines: int) -> None:
    assert parse_tail(text) == lines


@pytest.mark.parametrize("text", ["4294967296", "-1", "9" * 5000])
def test_a_size_that_no_terminal_has(text: str) -> None:
    call: Any = SimpleNamespace(query=Query(f"h={text}&w=80"))
    with pytest.raises(InvalidParameter) as refused:
        terminal_size(call)
    assert str(refused.value) == f'invalid resize height "{text}": value out of range'


@pytest.mark.parametrize(
    ("text", "filters"),
    [
        ("", {}),
        ("{}", {}),
        ('{"status": {"running": true, "paused": true}}', {"status": ("running", "paused")}),
        ('{"status": ["running"], "label": ["a=b", "c"]}', {"status": ("running",), "label": ("a=b", "c")}),
        ('{"x": {}}', {"x": ()}),
        ('{"x": null}', {"x": ()}),
    ],
)
def test_filters(text: str, filters: dict[str, tuple[str, ...]]) -> None:
    assert parse_filters(text) == filters


@pytest.mark.parametrize("text", ["x", "[1]", '{"a": "b"}', '{"a": {"b": 1}}', '{"a": [1]}', '{"a": {"b": true}'])
def test_bad_filters(text: str) -> None:
    with pytest.raises(InvalidParameter, match=r"^invalid filter$"):
        parse_filters(text)


@pytest.mark.parametrize(
    ("text", "time_ns"),
    [("", None), ("0", 0), ("1700000000", 1_700_000_000_000_000_000), ("1.5", 1_500_000_000),
     ("1.000000001", 1_000_000_001),
     ("1.0000000019", 1_000_000_001), ("1.", 1_000_000_000), ("-1", -1_000_000_000)],
)  # fmt: skip
def test_timestamps(text: str, time_ns: int | None) -> None:
    assert parse_unix_timestamp(text, "since") == time_ns


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("now", 'invalid seconds "now": invalid syntax'),
        ("9" * 5000, f'invalid seconds "{"9" * 5000}": value out of range'),
        ("1.5e9", "invalid nanoseconds: invalid character 'e' at position 1"),
        ("1.-5", "invalid nanoseconds: invalid character '-' at position 0"),
        ("1." + "0" * 21, "invalid nanoseconds: length 21 exceeds maximum 20"),
    ],
)
def test_bad_timestamps(text: str, reason: str) -> None:
    with pytest.raises(InvalidParameter) as refused:
        parse_unix_timestamp(text, "since")
    assert str(refused.value) == f"invalid value for 'since': invalid timestamp \"{text}\": {reason}"


@pytest.mark.parametrize(
    ("accept", "offer"),
    [("", ""), ("*/*", ""), ("text/b", "text/b"), ("text/a;q=0.1, text/b;q=0.2", "text/b"),
     ("text/b, text/a", "text/a"),
     ("text/a;q=0", ""), ("text/a;q=x, text/b", "text/b")],
)  # fmt: skip
def test_accept(accept: str, offer: str) -> None:
    assert preferred(accept, ("text/a", "text/b")) == offer
