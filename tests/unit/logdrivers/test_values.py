"""Go's parsers, with Go's messages."""

import pytest

from dockyard.errors import InvalidParameter
from dockyard.logdrivers.values import boolean, duration, host_and_port, human_size, integer, memory_size, url


@pytest.mark.parametrize(
    ("text", "size"),
    [("10", 10), ("1k", 1000), ("1.5MB", 1_500_000), ("2 GiB", 2_000_000_000), ("7b", 7), ("1kib", 1000)],
)
def test_sizes(text: str, size: int) -> None:
    assert human_size(text) == size


def test_memory_is_binary() -> None:
    assert memory_size("1m") == 1 << 20


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "invalid size: ''"),
        ("m", "invalid size: 'm'"),
        ("-1", "invalid size: '-1'"),
        ("1x", "invalid suffix: 'x'"),
        ("1kbb", "invalid suffix: 'kbb'"),
        ("1bb", "invalid suffix: 'bb'"),
        ("1..2k", 'strconv.ParseFloat: parsing "1..2": invalid syntax'),
    ],
)
def test_sizes_that_are_none(text: str, message: str) -> None:
    with pytest.raises(InvalidParameter) as caught:
        human_size(text)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("text", "seconds"), [("1s", 1), ("1.5h", 5400), ("100ms", 0.1), ("1m30s", 90), ("0", 0), ("-2s", -2)]
)
def test_durations(text: str, seconds: float) -> None:
    assert duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", 'time: invalid duration ""'),
        ("5", 'time: missing unit in duration "5"'),
        ("x", 'time: invalid duration "x"'),
    ],
)
def test_durations_that_are_none(text: str, message: str) -> None:
    with pytest.raises(InvalidParameter) as caught:
        duration(text)
    assert str(caught.value) == message


def test_integers_and_booleans() -> None:
    assert (integer("-12"), boolean("T"), boolean("0")) == (-12, True, False)
    with pytest.raises(InvalidParameter, match="value out of range"):
        integer("9" * 30)
    with pytest.raises(InvalidParameter, match="invalid syntax"):
        boolean("yes")


def test_addresses() -> None:
    assert host_and_port("[::1]:514") == ("::1", "514")
    assert host_and_port("[::1]") == ("::1", None)
    assert host_and_port("host") == ("host", None)
    for text in ("udp://host:port", "://host", "udp://ho\nst"):
        with pytest.raises(InvalidParameter):
            url(text)
