"""The session between a terminal and a container: detach keys, and the pump over real descriptors."""

import os
import socket
import threading
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dockyard.cli.streams.detach import DetachFilter, parse_keys
from dockyard.cli.streams.pump import Pump
from dockyard.cli.streams.signals import SignalPipe
from dockyard.client.address import parse
from dockyard.client.connection import Connection
from dockyard.errors import InvalidParameter


@pytest.mark.parametrize(
    ("text", "keys"),
    [("ctrl-p,ctrl-q", b"\x10\x11"), ("a", b"a"), ("ctrl-@,ctrl-[,ctrl-_", b"\x00\x1b\x1f"), ("CTRL-A,b", b"\x01b")],
)
def test_keys(text: str, keys: bytes) -> None:
    assert parse_keys(text) == keys


@pytest.mark.parametrize("text", ["", "ab", "ctrl-", "ctrl-1", "ctrl-pq", "ctrl-p,,", "é"])
def test_no_keys(text: str) -> None:
    with pytest.raises(InvalidParameter, match="invalid detach keys"):
        parse_keys(text)


@given(data=st.binary(max_size=60), cut=st.integers(0, 60))
def test_what_is_typed_goes_through_up_to_the_keys(data: bytes, cut: int) -> None:
    keys = b"\x10\x11"
    watched = DetachFilter(keys)
    first, ended = watched.feed(data[:cut])
    second, ended_later = (b"", ended) if ended else watched.feed(data[cut:])
    before, found, _ = data.partition(keys)
    assert (ended or ended_later) == bool(found)
    held_back = b"" if found or not data.endswith(b"\x10") else b"\x10"
    assert first + second + held_back == before


def test_keys_that_repeat_their_beginning() -> None:
    watched = DetachFilter(b"ab")
    assert watched.feed(b"aab") == (b"a", True)


class Wire:
    """A pump whose stdin and stdout are pipes, connected to a server that the test plays."""

    def __init__(self, directory: str) -> None:
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(f"{directory}/s")
        listener.listen()
        self.connection = Connection(parse(f"{directory}/s"))
        self.server, _ = listener.accept()
        listener.close()


@pytest.fixture
def wire(tmp_path: object) -> Iterator[Wire]:
    made = Wire(str(tmp_path))
    yield made
    made.connection.close()
    made.server.close()


def frame(stream: int, data: bytes) -> bytes:
    return bytes([stream, 0, 0, 0]) + len(data).to_bytes(4, "big") + data


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """The writing end of a pipe that is stdin meanwhile."""
    reading, writing = os.pipe()
    monkeypatch.setattr("dockyard.cli.streams.pump.STDIN", reading)
    yield writing
    os.close(reading)


def test_output_is_told_apart(wire: Wire, capfd: pytest.CaptureFixture[str]) -> None:
    wire.server.sendall(frame(1, b"out\n") + frame(2, b"err\n"))
    wire.server.close()
    assert Pump(wire.connection, tty=False, stdin=False).run() is False
    assert capfd.readouterr() == ("out\n", "err\n")


def test_what_came_with_the_answer_is_shown_first(wire: Wire, capfd: pytest.CaptureFixture[str]) -> None:
    wire.connection.buffer += b"one "
    wire.server.sendall(b"two")
    wire.server.close()
    Pump(wire.connection, tty=True, stdin=False).run()
    assert capfd.readouterr().out == "one two"


def test_the_end_of_stdin_is_a_half_close(wire: Wire, typed: int, capfd: pytest.CaptureFixture[str]) -> None:
    def serve() -> None:
        received = b""
        while piece := wire.server.recv(65536):
            received += piece
        wire.server.sendall(frame(1, b"%d bytes" % len(received)))
        wire.server.close()

    def type_it() -> None:
        for _ in range(100):
            os.write(typed, b"x" * 10_000)
        os.close(typed)

    threads = [threading.Thread(target=serve), threading.Thread(target=type_it)]
    for thread in threads:
        thread.start()
    assert Pump(wire.connection, tty=False, stdin=True).run() is False
    for thread in threads:
        thread.join()
    assert capfd.readouterr().out == "1000000 bytes"


def test_detach_keys_end_it(wire: Wire, typed: int) -> None:
    os.write(typed, b"abc\x10\x11def")
    assert Pump(wire.connection, tty=True, stdin=True, keys=b"\x10\x11").run() is True
    assert wire.server.recv(100) == b"abc"
    os.close(typed)


def test_signals_reach_the_caller(wire: Wire) -> None:
    import signal

    seen: list[int] = []

    def on_signal(number: int) -> None:
        seen.append(number)
        wire.server.close()

    before = signal.getsignal(signal.SIGUSR1)
    with SignalPipe(all_signals=True) as signals:
        os.kill(os.getpid(), signal.SIGUSR1)
        Pump(wire.connection, tty=True, stdin=False, signals=signals, on_signal=on_signal).run()
    assert seen == [signal.SIGUSR1]
    assert signal.getsignal(signal.SIGUSR1) == before
