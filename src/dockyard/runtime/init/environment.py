"""The environment of the process: the spec's, and HOME from the container's /etc/passwd when it isn't there."""

import os
import stat

_LARGEST_BYTES = 1 << 20
_NO_FILE = "/"


def variables_of(variables: tuple[str, ...]) -> dict[str, str]:
    """`NAME=value` by name, the last of equal names winning."""
    found: dict[str, str] = {}
    for variable in variables:
        name, _, value = variable.partition("=")
        found[name] = value
    return found


def home(uid: int) -> str:
    """The home directory of `uid`, for a process inside the container's root."""
    return home_of(uid, _passwd())


def home_of(uid: int, passwd: bytes) -> str:
    """The home directory of `uid` in the text of a passwd(5) file; `/` when it isn't there."""
    wanted = str(uid).encode()
    for line in passwd.splitlines():
        fields = line.split(b":")
        if len(fields) >= 6 and fields[2] == wanted:
            return os.fsdecode(fields[5]) or _NO_FILE
    return _NO_FILE


def _passwd() -> bytes:
    """The text of /etc/passwd; empty when it isn't an ordinary file. A pipe there must not make the process wait."""
    try:
        descriptor = os.open("/etc/passwd", os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError:
        return b""
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return b""
        return os.read(descriptor, min(os.fstat(descriptor).st_size, _LARGEST_BYTES))
    except OSError:
        return b""
    finally:
        os.close(descriptor)
