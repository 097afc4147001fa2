"""Sizes, times, tables and identifiers as Docker prints them."""

import pytest

from dockyard.cli.output.json_indent import indented
from dockyard.cli.output.table import aligned
from dockyard.cli.output.units import binary_size, ellipsis, go_time, human_duration, human_size, short_id
from dockyard.cli.timestamps import timestamp
from dockyard.errors import InvalidParameter


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0B"),
        (999, "999B"),
        (1000, "1kB"),
        (1984172, "1.984MB"),
        (65570000, "65.57MB"),
        (1e18, "1EB"),
        (1e30, "1e+06YB"),
    ],
)
def test_human_size(size: float, text: str) -> None:
    assert human_size(size) == text


def test_human_size_with_three_digits() -> None:
    assert human_size(1984172, 3) == "1.98MB"
    assert human_size(999_999, 3) == "1e+03kB"


def test_binary_size() -> None:
    assert binary_size(25276510208) == "23.54GiB"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-5, "Less than a second"),
        (0.9, "Less than a second"),
        (1.9, "1 second"),
        (59, "59 seconds"),
        (60, "About a minute"),
        (3599, "59 minutes"),
        (3600, "About an hour"),
        (5400, "2 hours"),
        (47 * 3600, "47 hours"),
        (48 * 3600, "2 days"),
        (13 * 86400, "13 days"),
        (14 * 86400, "2 weeks"),
        (59 * 86400, "8 weeks"),
        (60 * 86400, "2 months"),
        (729 * 86400, "24 months"),
        (730 * 86400, "2 years"),
    ],
)
def test_human_duration(seconds: float, text: str) -> None:
    assert human_duration(seconds) == text


def test_ellipsis() -> None:
    assert ellipsis("abcdef", 6) == "abcdef"
    assert ellipsis("abcdefg", 6) == "abcde…"
    assert ellipsis("你好你好", 5) == "你好…"


def test_columns_are_as_wide_as_their_widest_cell() -> None:
    assert aligned("a\tb\nlonger than ten\tc") == "a                 b\nlonger than ten   c"
    assert aligned("a\tb\tc\n\nx") == "a         b         c\n\nx"


def test_wide_characters_fill_two_columns() -> None:
    assert aligned("你\tb\naaaaaaaaaaaa\tb") == "你             b\naaaaaaaaaaaa   b"


def test_indenting_touches_no_value() -> None:
    text = '{"a":[1.50,"x\\"{,:}\\\\"],"b":{},"c":[ ],"d":{"e":null}}'
    assert indented(text) == (
        '{\n    "a": [\n        1.50,\n        "x\\"{,:}\\\\"\n    ],\n    "b": {},\n    "c": [],\n'
        '    "d": {\n        "e": null\n    }\n}'
    )


def test_ids_and_times() -> None:
    assert short_id("sha256:" + "ab" * 32) == "abababababab"
    assert short_id("cd" * 32) == "cdcdcdcdcdcd"
    assert go_time("2026-11-24T08:03:20.120000000Z") == "2026-11-24 08:03:20.12 +0000 UTC"
    assert go_time("2026-11-24T08:03:20Z") == "2026-11-24 08:03:20 +0000 UTC"


@pytest.mark.parametrize(
    ("text", "stamp"),
    [
        ("", ""),
        ("42m", "97480"),
        ("-1h", "103600"),
        ("1234", "1234"),
        ("1234.5678", "1234.5678"),
        ("1970-01-02T03:46:40Z", "100000.000000000"),
        ("1970-01-02T03:46:40.5Z", "100000.500000000"),
        ("1970-01-02T05:46:40+02:00", "100000.000000000"),
        ("1970-01-01T23:46:40.123456789-04:00", "100000.123456789"),
    ],
)
def test_timestamps(text: str, stamp: str) -> None:
    assert timestamp(text, 100_000.7) == stamp


@pytest.mark.parametrize("text", ["x", "2026-13-01", "08:00", "1970-01-02T03:46:40+2"])
def test_no_timestamps(text: str) -> None:
    with pytest.raises(InvalidParameter, match="failed to parse value as time or duration"):
        timestamp(text, 0)
