"""Points in time of filters: what is one, and which."""

import pytest

from dockyard.engine.moments import parse_moment, parse_until
from dockyard.errors import InvalidParameter

NOW_NS = 1_700_000_000_000_000_000
SECOND = 1_000_000_000


@pytest.mark.parametrize(
    ("text", "moment_ns"),
    [
        ("24h", NOW_NS - 24 * 3600 * SECOND),
        ("1h30m", NOW_NS - 5400 * SECOND),
        ("1.5s", NOW_NS - 1_500_000_000),
        (".5ms", NOW_NS - 500_000),
        ("3µs", NOW_NS - 3000),
        ("-1m", NOW_NS + 60 * SECOND),
        ("0", 0),
        ("1700000000", NOW_NS),
        ("1700000000.5", NOW_NS + SECOND // 2),
        ("1700000000.1234567891", NOW_NS + 123_456_789),
        ("2023-11-14Z", 1_699_920_000 * SECOND),
        ("2023-11-14T22Z", NOW_NS - (13 * 60 + 20) * SECOND),
        ("2023-11-14T22:13Z", NOW_NS - 20 * SECOND),
        ("2023-11-14T22:13:20Z", NOW_NS),
        ("2023-11-14T22:13:20.25Z", NOW_NS + SECOND // 4),
        ("2023-11-14T23:13:20+01:00", NOW_NS),
    ],
)
def test_moments(text: str, moment_ns: int) -> None:
    assert parse_moment(text, NOW_NS) == moment_ns


def test_a_date_without_a_zone_is_of_this_machine() -> None:
    assert parse_moment("2023-11-14T22:13:20", 0) - NOW_NS in {hours * 1800 * SECOND for hours in range(-28, 29)}


@pytest.mark.parametrize(
    "text", ["", " ", "yesterday", "h", "5x", "2026-11-24T10.5", "2026-13-01", "9" * 30, "9" * 19 + "h", "1h 2m"]
)
def test_what_is_none(text: str) -> None:
    with pytest.raises(InvalidParameter):
        parse_moment(text, NOW_NS)


def test_a_prune_has_one_until() -> None:
    assert parse_until({}, NOW_NS) is None
    assert parse_until({"until": ("1s",)}, NOW_NS) == NOW_NS - SECOND
    with pytest.raises(InvalidParameter, match="more than one until filter"):
        parse_until({"until": ("1s", "2s")}, NOW_NS)
