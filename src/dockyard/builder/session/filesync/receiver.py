"""The receiver without a network: packets in, packets out, files in its folder."""

import os
import stat
from collections import deque
from typing import Final

from dockyard.builder.session.filesync.disk import Disk, Writing
from dockyard.builder.session.filesync.entry import DATA, ERROR, FIN, REQUEST, STAT, Entry, Packet
from dockyard.builder.session.filesync.order import Order
from dockyard.errors import InvalidParameter, SystemFailure

_ASKED: Final = 256
"""How many files may be on their way at once: each may have an open descriptor."""


class Limits:
    """How much a sender may send: entries, bytes of their paths and links, bytes of data (0: as much as fits)."""

    __slots__ = ("bytes", "entries", "path_bytes")

    def __init__(self, *, entries: int = 1_000_000, path_bytes: int = 256 << 20, bytes_: int = 0) -> None:
        self.entries = entries
        self.path_bytes = path_bytes
        self.bytes = bytes_


class Receiver:
    """Makes `folder` what the sender has. `finished` is set when the sender has said that it knows.

    merge: what is there and isn't sent stays, and nothing is taken for known.
    owners: files get the owners that the sender tells; else they are the process's own.
    devices: whether block and character devices are made; else they are refused.
    Call `close` in the end, also after an error.
    """

    def __init__(
        self,
        folder: str,
        *,
        merge: bool = False,
        owners: bool = True,
        devices: bool = True,
        limits: Limits | None = None,
    ) -> None:
        self._disk = Disk(folder, owners=owners)
        self._merge = merge
        self._devices = devices
        self._limits = limits or Limits()
        self._order = Order()
        self._left: list[tuple[bytes, set[bytes]]] = [] if merge else [(b"", self._disk.names(b""))]
        self._known_inodes: set[tuple[int, int]] = set()
        self._entries = self._path_bytes = 0
        self.received_bytes = 0
        self.requested = 0
        """How many files were asked for."""
        self._directories: list[Entry] = []
        self._links: list[Entry] = []
        self._wanted: deque[tuple[int, Entry]] = deque()
        self._asked: dict[int, Entry] = {}
        self._writing: dict[int, Writing] = {}
        self._walked = self._told = False
        self.finished = False

    def close(self) -> None:
        """Removes what is half there, and gives all descriptors back."""
        for writing in self._writing.values():
            self._disk.abandon_file(writing)
        self._writing.clear()
        self._disk.close()

    def take(self, packets: list[Packet]) -> list[Packet]:
        """Does what `packets` say, and returns what is to be answered.

        Raises InvalidParameter for a packet that breaks the protocol or a limit, SystemFailure for what the kernel
        refuses and for the sender's own error.
        """
        for packet in packets:
            try:
                self._take(packet)
            except OSError as error:
                raise SystemFailure(f"failed to receive {_what(packet)}: {error.strerror or error}") from error
        answers = []
        # Many at a time: a request for each file that is done would be a round trip for each file.
        room = _ASKED if len(self._asked) <= _ASKED // 2 else 0
        while self._wanted and len(self._asked) < room:
            number, entry = self._wanted.popleft()
            self._asked[number] = entry
            self.requested += 1
            answers.append(Packet(REQUEST, id=number))
        if self._walked and not self._asked and not self._told:
            self._finish()
            self._told = True
            answers.append(Packet(FIN))
        return answers

    def _take(self, packet: Packet) -> None:
        if packet.kind == ERROR:
            raise SystemFailure(f"error from sender: {packet.data[:4096].decode('utf-8', 'replace')}")
        if packet.kind == DATA:
            self._data(packet.id, packet.data)
        elif packet.kind == STAT and not self._walked:
            if packet.entry is None:
                self._walked = True
                self._leave_until(None)
            else:
                self._entry(packet.entry)
        elif packet.kind == FIN and self._told:
            self.finished = True
        else:
            raise InvalidParameter(f"unexpected packet of type {packet.kind}")

    def _entry(self, entry: Entry) -> None:
        number = self._entries
        self._entries += 1
        self._path_bytes += len(entry.path) + len(entry.link)
        if self._entries > self._limits.entries or self._path_bytes > self._limits.path_bytes:
            raise InvalidParameter(f"too many files: more than {self._entries - 1} are not accepted")
        self._order.take(entry)
        _check(entry, devices=self._devices)
        there = self._there(entry.path)
        if stat.S_ISDIR(entry.mode):
            self._directory(entry, there)
            return
        if there is not None and stat.S_ISDIR(there.st_mode):
            self._disk.remove(entry.path)
            there = None
        if stat.S_ISREG(entry.mode) and entry.link:
            self._links.append(entry)  # made in the end: what it links to may have no data yet
            return
        if there is not None and not self._merge and self._disk.same(entry, there) and self._first(there):
            return
        if stat.S_ISREG(entry.mode) and entry.size:
            self._wanted.append((number, entry))
            return
        if there is not None:
            self._disk.remove(entry.path)
        if stat.S_ISREG(entry.mode):
            self._disk.finish_file(self._disk.begin_file(entry))
        else:
            self._disk.make_node(entry)

    def _first(self, there: os.stat_result) -> bool:
        """Whether no other entry than this was found to be the same file, as it is while they are hard links."""
        if there.st_nlink == 1:
            return True
        key = (there.st_dev, there.st_ino)
        known = key in self._known_inodes
        self._known_inodes.add(key)
        return not known

    def _there(self, path: bytes) -> os.stat_result | None:
        """What has this path now; from here on it isn't one of those that will be removed."""
        if self._merge:
            return self._disk.status(path)
        parent, _, name = path.rpartition(b"/")
        self._leave_until(parent)
        left = self._left[-1][1]
        if name not in left:
            return None
        left.remove(name)
        return self._disk.status(path)

    def _leave_until(self, parent: bytes | None) -> None:
        """Leaves the directories that the walk has left, and removes what wasn't named in them."""
        while self._left and self._left[-1][0] != parent:
            directory, names = self._left.pop()
            for name in sorted(names):
                self._disk.remove(directory + b"/" + name if directory else name)

    def _directory(self, entry: Entry, there: os.stat_result | None) -> None:
        self._directories.append(entry)
        if there is not None and not stat.S_ISDIR(there.st_mode):
            self._disk.remove(entry.path)
            there = None
        if there is None:
            self._disk.make_directory(entry.path)
        if not self._merge:
            self._left.append((entry.path, self._disk.names(entry.path) if there is not None else set()))

    def _data(self, number: int, data: bytes) -> None:
        entry = self._asked.get(number)
        if entry is None:
            raise InvalidParameter(f"invalid file request {number}")
        writing = self._writing.get(number)
        if writing is None:
            writing = self._writing[number] = self._disk.begin_file(entry)
        if not data:
            self._disk.finish_file(writing)
            del self._writing[number], self._asked[number]
            return
        self.received_bytes += len(data)
        if self._limits.bytes and self.received_bytes > self._limits.bytes:
            raise InvalidParameter(f"too much data: more than {self._limits.bytes} bytes are not accepted")
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(writing.descriptor, rest) :]

    def _finish(self) -> None:
        try:
            for entry in self._links:
                self._disk.make_hard_link(entry)
            for entry in reversed(self._directories):
                self._disk.finish_directory(entry)
        except OSError as error:
            raise SystemFailure(f"failed to receive: {error.strerror or error}") from error


def _check(entry: Entry, *, devices: bool) -> None:
    device = stat.S_ISBLK(entry.mode) or stat.S_ISCHR(entry.mode)
    if device and (not devices or entry.device == 0):  # 0:0 is overlayfs' mark for a removed file
        raise InvalidParameter(f"devices are not accepted: {os.fsdecode(entry.path)}")
    if stat.S_ISLNK(entry.mode) and (not entry.link or b"\0" in entry.link or len(entry.link) > 4095):
        raise InvalidParameter(f"invalid symbolic link: {os.fsdecode(entry.path)}")
    if entry.size < 0 or not 0 <= entry.uid < (1 << 32) - 1 or not 0 <= entry.gid < (1 << 32) - 1:
        raise InvalidParameter(f"invalid size or owner: {os.fsdecode(entry.path)}")


def _what(packet: Packet) -> str:
    return os.fsdecode(packet.entry.path) if packet.entry else f"file {packet.id}"
