"""Streams, clients and input over real pipes and sockets, in one loop that the test turns."""

import os
import socket
from collections.abc import Iterator

import pytest

from dockyard.shim.loop import Loop
from dockyard.shim.messages import ClientSettings
from dockyard.shim.streams import Streams


class Stage:
    """A loop, streams with a pipe for stdout and one for stdin, and what was called."""

    def __init__(self, *, close_stdin: bool = True) -> None:
        self.errors: list[BaseException] = []
        self.detached = 0
        self.loop = Loop(self.errors.append)
        self.streams = Streams(self.loop, None, close_stdin, self._detach, lambda: None)
        output, self.process_stdout = os.pipe()
        self.process_stdin, stdin = os.pipe()
        self.streams.add_output("stdout", output)
        self.streams.set_input(stdin)

    def _detach(self) -> None:
        self.detached += 1

    def attach(
        self, *streams: str, multiplexed: bool = False, keys: bytes = b"", initial: bytes = b""
    ) -> socket.socket:
        ours, theirs = socket.socketpair()
        settings = ClientSettings(streams, multiplexed, initial, keys)
        self.streams.attach(theirs, settings)
        ours.settimeout(5)
        return ours

    def turn(self, seconds: float = 0.03) -> None:
        """Let the loop work for a moment."""
        self.loop._running = True
        self.loop.call_later(seconds, self.loop.stop)
        self.loop.run()
        assert self.errors == []


@pytest.fixture
def stage() -> Iterator[Stage]:
    stage = Stage()
    yield stage
    stage.streams.close()
    stage.loop.close()


def test_two_clients_get_the_same(stage: Stage) -> None:
    one, other = stage.attach("stdout"), stage.attach("stdout", multiplexed=True)
    os.write(stage.process_stdout, b"hello")
    stage.turn()
    assert one.recv(100) == b"hello"
    assert other.recv(100) == b"\x01\0\0\0\0\0\0\x05hello"


def test_a_client_gets_only_what_it_wants(stage: Stage) -> None:
    client = stage.attach("stderr")
    os.write(stage.process_stdout, b"hello")
    stage.turn()
    client.setblocking(False)
    with pytest.raises(BlockingIOError):
        client.recv(10)


def test_initial_input_comes_first_and_the_end_closes(stage: Stage) -> None:
    client = stage.attach("stdin", initial=b"first ")
    client.sendall(b"then")
    client.shutdown(socket.SHUT_WR)
    stage.turn()
    assert os.read(stage.process_stdin, 100) == b"first then"
    assert os.read(stage.process_stdin, 100) == b""


def test_input_stays_open_when_it_is_not_to_be_closed() -> None:
    stage = Stage(close_stdin=False)
    stage.attach("stdin").shutdown(socket.SHUT_WR)
    stage.turn()
    os.set_blocking(stage.process_stdin, False)
    with pytest.raises(BlockingIOError):
        os.read(stage.process_stdin, 1)
    stage.streams.close()


def test_detach_keys_close_the_client_and_not_the_input(stage: Stage) -> None:
    client = stage.attach("stdin", "stdout", keys=b"\x10\x11")
    client.sendall(b"ab\x10\x11cd")
    stage.turn()
    assert client.recv(10) == b""
    assert os.read(stage.process_stdin, 10) == b"ab"
    assert stage.detached == 1
    os.set_blocking(stage.process_stdin, False)
    with pytest.raises(BlockingIOError):
        os.read(stage.process_stdin, 1)


def test_a_client_that_does_not_read_stops_the_process(stage: Stage) -> None:
    client = stage.attach("stdout")
    os.set_blocking(stage.process_stdout, False)
    written = 0
    for _ in range(100):
        try:
            written += os.write(stage.process_stdout, b"x" * 65536)
        except BlockingIOError:
            stage.turn(0.005)
            try:
                written += os.write(stage.process_stdout, b"x" * 65536)
            except BlockingIOError:
                break
    else:
        pytest.fail("it was never stopped")
    assert written < 4_000_000
    received = 0
    client.settimeout(0.2)
    while received < written:
        received += len(client.recv(1 << 20))
        stage.turn(0.005)
    assert received == written


def test_a_process_that_does_not_read_stops_the_client(stage: Stage) -> None:
    client = stage.attach("stdin")
    client.setblocking(False)
    sent = 0
    for _ in range(1000):
        try:
            sent += client.send(b"y" * 65536)
        except BlockingIOError:
            stage.turn(0.005)
            try:
                sent += client.send(b"y" * 65536)
            except BlockingIOError:
                break
    else:
        pytest.fail("it was never stopped")
    assert sent < 2_000_000
    client.shutdown(socket.SHUT_WR)
    received = 0
    while data := os.read(stage.process_stdin, 65536):
        received += len(data)
        stage.turn(0.002)
    assert received == sent


def test_a_client_that_is_gone_is_forgotten(stage: Stage) -> None:
    client = stage.attach("stdin", "stdout")
    client.close()
    os.write(stage.process_stdout, b"x" * 1000)
    stage.turn()
    assert stage.streams._clients == []


def test_the_end_reads_everything_and_then_closes_clients(stage: Stage) -> None:
    calls: list[str] = []
    client = stage.attach("stdout")
    os.write(stage.process_stdout, b"last words")
    os.close(stage.process_stdout)
    stage.streams.end(lambda: calls.append("ended"))
    assert calls == ["ended"]
    stage.streams.flush(lambda: calls.append("flushed"))
    stage.streams.release(lambda: calls.append("released"))
    stage.turn()
    assert calls == ["ended", "flushed", "released"]
    assert client.recv(100) == b"last words"
    assert client.recv(100) == b""


def test_input_that_nobody_read_does_not_reset_the_client(stage: Stage) -> None:
    client = stage.attach("stdin", "stdout")
    client.sendall(b"z" * 100_000)
    stage.streams.release(lambda: None)
    stage.turn()
    assert client.recv(10) == b""  # ECONNRESET would raise


def test_a_client_that_comes_after_the_end_is_closed(stage: Stage) -> None:
    os.close(stage.process_stdout)
    stage.streams.end(lambda: None)
    assert stage.attach("stdout").recv(10) == b""
