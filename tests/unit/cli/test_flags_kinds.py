"""Values of flags: what Go's strconv, time and docker's units take, and how they refuse the rest."""

import pytest

from dockyard.cli.flags import kinds
from dockyard.cli.flags.ulimit import ulimit


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("0", 0),
        ("32", 32),
        ("32b", 32),
        ("32B", 32),
        ("32k", 32 << 10),
        ("32K", 32 << 10),
        ("32kb", 32 << 10),
        ("32Kib", 32 << 10),
        ("32Mb", 32 << 20),
        ("32 GiB", 32 << 30),
        ("1.5t", 3 << 39),
        ("32.5kB", 33280),
        ("2p", 2 << 50),
    ],
)
def test_memory(text: str, size: int) -> None:
    assert kinds.memory(text) == size


@pytest.mark.parametrize(
    "text", ["", "hello", "-32", "32.3.1", "32bb", "32mm", "32kbb", "32 mm", " 32 ", "0x10", "1e3", "inf"]
)
def test_memory_refuses(text: str) -> None:
    with pytest.raises(ValueError, match=r"invalid (size|suffix): "):
        kinds.memory(text)


def test_swap_may_be_unlimited() -> None:
    assert kinds.swap("-1") == -1
    assert kinds.swap("1g") == 1 << 30


@pytest.mark.parametrize(
    ("text", "nanos"),
    [
        ("0", 0),
        ("5s", 5 * 10**9),
        ("1m30s", 90 * 10**9),
        ("1.5h", 5400 * 10**9),
        ("-1ms", -(10**6)),
        ("100us", 10**5),
        ("3µs", 3000),
        ("+2ns", 2),
        (".5s", 5 * 10**8),
    ],
)
def test_duration(text: str, nanos: int) -> None:
    assert kinds.duration(text) == nanos


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", 'time: invalid duration ""'),
        ("-", 'time: invalid duration "-"'),
        ("x", 'time: invalid duration "x"'),
        ("5", 'time: missing unit in duration "5"'),
        ("5y", 'time: unknown unit "y" in duration "5y"'),
        ("1.2.3s", 'time: invalid duration "1.2.3s"'),
    ],
)
def test_duration_refuses(text: str, message: str) -> None:
    with pytest.raises(ValueError) as caught:
        kinds.duration(text)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("text", "nanos"),
    [("1", 10**9), ("1.5", 15 * 10**8), (".01", 10**7), ("0.000000001", 1), ("1.5000000000", 15 * 10**8)],
)
def test_nano_cpus(text: str, nanos: int) -> None:
    assert kinds.nano_cpus(text) == nanos


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x", "failed to parse x as a rational number"),
        ("0.0000000001", "value is too precise"),
        ("", "failed to parse  as a rational number"),
    ],
)
def test_nano_cpus_refuses(text: str, message: str) -> None:
    with pytest.raises(ValueError) as caught:
        kinds.nano_cpus(text)
    assert str(caught.value) == message


@pytest.mark.parametrize(("text", "value"), [("010", 8), ("0b11", 3), ("0o17", 15), ("-0x1f", -31), ("+7", 7)])
def test_integer_has_gos_bases(text: str, value: int) -> None:
    assert kinds.integer(text) == value


@pytest.mark.parametrize("text", ["", "1_0", " 1", "1 ", "٣", "--1", "0x", "1.0", str(1 << 63)])
def test_integer_refuses(text: str) -> None:
    with pytest.raises(ValueError, match=r"strconv\.ParseInt: parsing"):
        kinds.integer(text)


def test_addresses() -> None:
    assert kinds.address("10.0.0.1") == "10.0.0.1"
    assert kinds.address("fe80::1") == "fe80::1"
    for text in ("10.0.0", "10.0.0.256", "", "a\0b", "::g"):
        with pytest.raises(ValueError, match="is not an ip address"):
            kinds.address(text)


def test_ulimits() -> None:
    assert ulimit("nofile=1024") == ("nofile", 1024, 1024)
    assert ulimit("nofile=1024:2048") == ("nofile", 1024, 2048)
    assert ulimit("core=5:-1") == ("core", 5, -1)
    for text in ("nofile", "files=1", "nofile=x", "nofile=2:1", "nofile=1:2:3", "core=-1:5"):
        with pytest.raises(ValueError):
            ulimit(text)
