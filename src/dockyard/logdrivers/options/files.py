"""Options of the drivers that are files: json-file, local, and the cache of those that can't be read back.

What is wrong with a value is found out at the start of the container, as in Docker, not when it is created.

https://github.com/moby/moby/blob/v28.5.2/daemon/logger/jsonfilelog/jsonfilelog.go (New)
https://github.com/moby/moby/blob/v28.5.2/daemon/logger/local/config.go
"""

from typing import NamedTuple

from dockyard.errors import InvalidParameter
from dockyard.logdrivers.contract import COMMON_OPTIONS, Options
from dockyard.logdrivers.values import boolean, human_size, integer

FILE_OPTIONS = frozenset(("max-size", "max-file", "compress"))

DEFAULT_LOCAL_BYTES = 20 << 20
DEFAULT_LOCAL_FILES = 5


class FileSettings(NamedTuple):
    """How a log is rotated: `max_size_bytes` 0 is never; `max_files` counts the one that is written, too."""

    max_size_bytes: int
    max_files: int
    compress: bool


def check_json_file(options: Options) -> None:
    """Refuses options that json-file doesn't have."""
    for key in options:
        if key not in FILE_OPTIONS | COMMON_OPTIONS:
            raise InvalidParameter(f"unknown log opt '{key}' for json-file log driver")


def check_local(options: Options) -> None:
    """Refuses options that local doesn't have."""
    for key in options:
        if key not in FILE_OPTIONS | COMMON_OPTIONS:
            raise InvalidParameter(f"unknown log opt '{key}' for log driver local")


def json_file_settings(options: Options) -> FileSettings:
    """What json-file's options say; InvalidParameter."""
    size = 0
    if "max-size" in options:
        size = human_size(options["max-size"])
        if size <= 0:
            raise InvalidParameter("max-size must be a positive number")
    files = integer(options.get("max-file", "1"))
    if files < 1:
        raise InvalidParameter("max-file cannot be less than 1")
    compress = boolean(options.get("compress", "false"))
    if compress and (files == 1 or not size):
        raise InvalidParameter("compress cannot be true when max-file is less than 2 or max-size is not set")
    return FileSettings(size, files if size else 1, compress)


def local_settings(options: Options, prefix: str = "") -> FileSettings:
    """What local's options say, or with `prefix` those of the cache (`cache-max-size`, …); InvalidParameter."""
    size, files, compress = DEFAULT_LOCAL_BYTES, DEFAULT_LOCAL_FILES, True
    for key, value in options.items():
        try:
            if key == f"{prefix}max-size":
                size = human_size(value)
            elif key == f"{prefix}max-file":
                files = integer(value)
            elif key == f"{prefix}compress":
                compress = boolean(value)
        except InvalidParameter as error:
            kind = "boolean value" if key.endswith("compress") else "value"
            given = "" if key.endswith("compress") else f" {value}:"
            raise InvalidParameter(f"invalid {kind} for {key}:{given} {error}") from error
    if files < 0:
        raise InvalidParameter(f"{prefix}max-file must not be negative")
    if compress and files <= 1:
        raise InvalidParameter("compression cannot be enabled when max file count is 1")
    return FileSettings(max(1, size), max(1, files), compress)
