"""A receiver of the forward protocol: the server of fluentd's library for node, on TCP or a unix socket."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.peers.packages import npm_peer
from tests.support.receivers.process import Process, accepts, free_port
from tests.support.wait import wait_until


class Fluentd:
    """A running server; `address` is what `fluentd-address` is for it."""

    def __init__(self, process: Process, place: str, file: Path) -> None:
        self.process = process
        self._place = place
        self._file = file
        self.address = f"unix://{place}" if place.startswith("/") else f"127.0.0.1:{place}"

    def start(self) -> None:
        """Start it (again), and wait until it serves."""
        self.process.start()
        wait_until(lambda: accepts(self._place), "the forward server to listen")

    def events(self) -> list[dict[str, Any]]:
        """What it has got: `tag`, `time` (seconds and maybe nanoseconds), `record`."""
        return [json.loads(line) for line in self._file.read_text().splitlines()] if self._file.exists() else []

    def texts(self) -> list[str]:
        """The lines of the records."""
        return [event["record"]["log"] for event in self.events()]


@contextmanager
def fluentd(folder: Path, *, unix: bool = False, started: bool = True) -> Iterator[Fluentd]:
    """A server that writes into `folder`; started by hand where `started` is false."""
    peer = npm_peer("fluent")
    place = str(folder / "fluentd.sock") if unix else str(free_port())
    script = Path(__file__).with_name("fluentd_server.js")
    command = [peer.node, str(script), str(peer.directory), str(folder / "events"), place]
    server = Fluentd(Process(command, folder / "fluentd.log"), place, folder / "events")
    try:
        if started:
            server.start()
        yield server
    finally:
        server.process.kill()
