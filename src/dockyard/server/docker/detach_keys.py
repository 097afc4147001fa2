"""The `detachKeys` of attach and exec: which keys end the session and leave the process alone.

    grammar   key {"," key};  key = one character | "ctrl-" (a to z, or one of @ [ \\ ] ^ _) | "del"
    good      ctrl-p,ctrl-q   ctrl-@   a,b
    bad       ctrl-1   ab   ctrl-p,

https://docs.docker.com/reference/cli/docker/container/attach/#detach-keys
"""

from dockyard.errors import InvalidParameter

DEFAULT_KEYS = b"\x10\x11"
"""ctrl-p ctrl-q."""
CONTROL_CHARACTERS = "@abcdefghijklmnopqrstuvwxyz[\\]^_"
DELETE = 127


def parse_detach_keys(text: str) -> bytes:
    """The bytes that a terminal sends for these keys; the default for an empty text. InvalidParameter otherwise."""
    if not text:
        return DEFAULT_KEYS
    return bytes(_byte(key, text) for key in text.split(","))


def _byte(key: str, text: str) -> int:
    if len(key) == 1 and key.isascii():
        return ord(key)
    name = key.lower()
    if name.startswith("ctrl-") and len(name) == 6 and name[5] in CONTROL_CHARACTERS:
        return CONTROL_CHARACTERS.index(name[5])
    if name == "del":
        return DELETE
    raise InvalidParameter(f"Invalid detach keys ({text}) provided")
