"""Reading and writing the files of a cgroup directory."""

import errno
import os

from dockyard.errors import SystemFailure
from dockyard.linux.libc import reason

_CHUNK = 1 << 16


def write(directory: str, name: str, content: str | int) -> None:
    """Write `content` into file `name` of `directory` in one go. SystemFailure names file and reason."""
    path = f"{directory}/{name}"
    try:
        _write(path, str(content).encode())
    except OSError as error:
        raise SystemFailure(f"failed to write {str(content)!r}: write {path}: {reason(error)}") from error


def write_lines(directory: str, name: str, lines: list[str]) -> None:
    """Write each of `lines` into file `name` by a write of its own, as the device list wants it."""
    path = f"{directory}/{name}"
    content = ""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
        try:
            for content in lines:
                os.write(descriptor, content.encode())
        finally:
            os.close(descriptor)
    except OSError as error:
        raise SystemFailure(f"failed to write {content!r}: write {path}: {reason(error)}") from error


def try_write(directory: str, name: str, content: str | int) -> OSError | None:
    """As `write`, but gives the error for callers that have another way."""
    try:
        _write(f"{directory}/{name}", str(content).encode())
    except OSError as error:
        return error
    return None


def read(directory: str, name: str) -> str:
    """Content of file `name` without the last line end. SystemFailure when it can't be read."""
    path = f"{directory}/{name}"
    try:
        return _read(path).rstrip("\n")
    except OSError as error:
        raise SystemFailure(f"failed to read {path}: {reason(error)}") from error


def read_if_present(directory: str, name: str) -> str:
    """As `read`, but empty when there is no such file, or when the device behind it is gone."""
    path = f"{directory}/{name}"
    try:
        return _read(path).rstrip("\n")
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ENODEV, errno.EOPNOTSUPP):
            return ""
        raise SystemFailure(f"failed to read {path}: {reason(error)}") from error


def read_integer(directory: str, name: str, *, maximum: int = 0) -> int:
    """The number in file `name`; `maximum` where it says `max`; 0 when there is no such file."""
    text = read_if_present(directory, name)
    if text == "max":
        return maximum
    try:
        return int(text or "0")
    except ValueError:
        raise SystemFailure(f"failed to parse {directory}/{name}: {text!r} is no number") from None


def read_table(directory: str, name: str) -> dict[str, int]:
    """The lines `key value` of file `name`; empty when there is no such file; other lines are skipped."""
    table = {}
    for line in read_if_present(directory, name).splitlines():
        key, _, value = line.partition(" ")
        if value.lstrip("-").isdigit():
            table[key] = int(value)
    return table


def _write(path: str, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_TRUNC | os.O_CLOEXEC)
    try:
        os.write(descriptor, content)
    finally:
        os.close(descriptor)


def _read(path: str) -> str:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        parts = []
        while part := os.read(descriptor, _CHUNK):
            parts.append(part)
        return b"".join(parts).decode()
    finally:
        os.close(descriptor)
