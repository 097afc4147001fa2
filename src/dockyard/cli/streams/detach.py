"""The keys that end a connection and leave the container running: `ctrl-p,ctrl-q`, or what --detach-keys says."""

from __future__ import annotations

from dockyard.errors import InvalidParameter

DEFAULT = "ctrl-p,ctrl-q"


def parse_keys(text: str) -> bytes:
    """The bytes of keys written `ctrl-<letter or @ [ \\ ] ^ _>` or as one character, with commas between.

    Raises InvalidParameter for what is no key.
    """
    keys = bytearray()
    for name in text.split(","):
        if len(name) == 1 and name.isascii():
            keys.append(ord(name))
            continue
        letter = name.lower().removeprefix("ctrl-")
        if (
            len(letter) != 1
            or not name.lower().startswith("ctrl-")
            or letter not in "@abcdefghijklmnopqrstuvwxyz[\\]^_"
        ):
            raise InvalidParameter(f"invalid detach keys ({text}): Unknown character: '{letter}'")
        keys.append(ord(letter.upper()) - 64)
    return bytes(keys)


class DetachFilter:
    """Watches what is typed for the keys. A part of them is held back until it is clear that it isn't the whole."""

    def __init__(self, keys: bytes) -> None:
        self._keys = keys
        self._seen = 0

    def feed(self, data: bytes) -> tuple[bytes, bool]:
        """(what may go on to the container, whether the keys were typed: what follows them is dropped)."""
        if not self._keys:
            return data, False
        out = bytearray()
        for byte in data:
            if byte == self._keys[self._seen]:
                self._seen += 1
                if self._seen == len(self._keys):
                    return bytes(out), True
                continue
            out += self._keys[: self._seen]
            self._seen = 0
            if byte == self._keys[0]:
                self._seen = 1
            else:
                out.append(byte)
        return bytes(out), False
