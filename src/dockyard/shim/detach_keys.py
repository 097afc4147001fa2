"""The keys that end an attachment and leave the container running: ctrl-p ctrl-q unless told otherwise.

A key of the sequence that isn't followed by the next one belongs to the container, and is passed on late.

https://docs.docker.com/reference/cli/docker/container/attach/#detach-keys
"""

from typing import NamedTuple


class Filtered(NamedTuple):
    """What of the input is for the container, and whether the sequence was completed (what follows it is dropped)."""

    passed_on: bytes
    detached: bool


class DetachKeys:
    """Looks for one sequence of bytes in what a client types, over any number of reads."""

    __slots__ = ("_keys", "_matched")

    def __init__(self, keys: bytes) -> None:
        self._keys = keys
        self._matched = 0

    def feed(self, data: bytes) -> Filtered:
        """Filter one read of the client's input."""
        keys = self._keys
        if not keys or (self._matched == 0 and keys[0] not in data):
            return Filtered(data, False)
        passed_on = bytearray()
        for byte in data:
            if byte == keys[self._matched]:
                self._matched += 1
                if self._matched == len(keys):
                    self._matched = 0
                    return Filtered(bytes(passed_on), True)
                continue
            passed_on += keys[: self._matched]
            self._matched = 0
            if byte == keys[0]:
                self._matched = 1
            else:
                passed_on.append(byte)
        return Filtered(bytes(passed_on), False)
