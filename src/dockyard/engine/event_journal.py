"""Events on disk, so that `docker events --since` reaches beyond the memory of this daemon and over its restarts.

    <data-root>/events.jsonl      a JSON object a line, appended with one write(2) each
    <data-root>/events.jsonl.1    its predecessor, when the present one has grown too large

A SIGKILL leaves at worst one torn last line, which readers skip and which the next writer ends.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

import msgspec

from dockyard.errors import SystemFailure
from dockyard.fs.archive.source import write_all

LARGEST_BYTES = 16 << 20


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened: `time_ns` since the epoch; `type` container, image, network, volume, daemon, …"""

    type: str
    action: str
    actor_id: str
    attributes: Mapping[str, str]
    time_ns: int


class EventJournal:
    """Appends to and reads from the journal at `path`."""

    def __init__(self, path: str, largest_bytes: int = LARGEST_BYTES) -> None:
        """Opens the journal; SystemFailure when the disk refuses."""
        self._path = path
        self._largest_bytes = largest_bytes
        self._encoder = msgspec.json.Encoder()
        self._decoder = msgspec.json.Decoder(Event)
        self._fd, self._size_bytes = self._open()

    def append(self, event: Event) -> None:
        """Writes one event; SystemFailure when the disk refuses."""
        line = self._encoder.encode(event) + b"\n"
        try:
            if self._size_bytes + len(line) > self._largest_bytes:
                self._rotate()
            self._write(line)
        except OSError as error:
            raise SystemFailure(f"writing the event journal {self._path}: {error.strerror}") from error
        self._size_bytes += len(line)

    def read(self, since_ns: int) -> Iterator[Event]:
        """The events from `since_ns` on, oldest first."""
        for path in (f"{self._path}.1", self._path):
            if not os.path.exists(path):
                continue
            with open(path, "rb") as file:
                for line in file:
                    event = self._parse(line)
                    if event is not None and event.time_ns >= since_ns:
                        yield event

    def close(self) -> None:
        """Closes the file."""
        os.close(self._fd)

    def _parse(self, line: bytes) -> Event | None:
        try:
            return self._decoder.decode(line)
        except msgspec.MsgspecError:
            return None

    def _write(self, line: bytes) -> None:
        try:
            write_all(self._fd, line)
        except OSError:  # half a line would spoil the next one
            with suppress(OSError):
                os.ftruncate(self._fd, self._size_bytes)
            raise

    def _rotate(self) -> None:
        os.close(self._fd)
        os.replace(self._path, f"{self._path}.1")
        self._fd, self._size_bytes = self._open()

    def _open(self) -> tuple[int, int]:
        try:
            fd = os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
            size_bytes = os.fstat(fd).st_size
            if size_bytes and os.pread(fd, 1, size_bytes - 1) != b"\n":
                size_bytes += os.write(fd, b"\n")
        except OSError as error:
            raise SystemFailure(f"opening the event journal {self._path}: {error.strerror}") from error
        return fd, size_bytes
