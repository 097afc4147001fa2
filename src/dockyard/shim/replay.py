"""What the log already has, for a client that asked for it (`docker attach` with `logs=1`), and then what is new.

The client reads at its own pace from the files that the log has, oldest first, while the container goes on writing;
when it has come to the end of the newest file it gets the unfinished lines and is served live. Nothing can come in
between, because the log is written by the same loop.
"""

import json
import os
from collections.abc import Iterator
from typing import BinaryIO

from dockyard.shim.log_rotation import oldest_first

BATCH_LINES = 256

Said = tuple[str, bytes]


class Replay:
    """Reads what a json-file log has.

    Args:
        path: of the newest file.
        max_files: how many there may be.
    """

    def __init__(self, path: str, max_files: int) -> None:
        self._paths = oldest_first(path, max_files)
        self._files = _open_all(self._paths)

    def batch(self) -> list[Said]:
        """The next lines, as (stream, text); empty at the end of the log."""
        said: list[Said] = []
        while self._files and len(said) < BATCH_LINES:
            line = self._files[0].readline()
            if line.endswith(b"\n"):
                said.extend(_parse(line))
            elif len(self._files) > 1 or self._rotated():
                self._files.pop(0).close()
            else:
                break
        return said

    def _rotated(self) -> bool:
        """Whether what was the newest file has been renamed meanwhile; opens what came after it."""
        identity = _identity(self._files[0].fileno())
        for at, path in enumerate(self._paths[:-1]):
            if _identity(path) == identity:
                self._files += _open_all(self._paths[at + 1 :])
                return True
        return False

    def close(self) -> None:
        """Close the files."""
        for file in self._files:
            file.close()
        self._files = []


def _open_all(paths: list[str]) -> list[BinaryIO]:
    return [file for file in map(_open, paths) if file is not None]


def _identity(file: str | int) -> tuple[int, int] | None:
    try:
        found = os.stat(file)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _open(path: str) -> BinaryIO | None:
    try:
        return os.fdopen(os.open(path, os.O_RDONLY | os.O_CLOEXEC), "rb")
    except OSError:
        return None


def _parse(line: bytes) -> Iterator[Said]:
    try:
        entry = json.loads(line)
        yield str(entry["stream"]), str(entry["log"]).encode("utf-8", "surrogatepass")
    except (ValueError, KeyError, TypeError):
        return  # a line that a killed shim tore
