"""`update`: change the resource limits of a container.

https://github.com/opencontainers/runc/blob/v1.1.5/man/runc-update.8.md
"""

import json
import sys
from collections.abc import Sequence
from typing import Any, Final

from dockyard.cmd.runc.command import Command, Invocation
from dockyard.cmd.runc.flags import Flag, Values
from dockyard.cmd.runc.sizes import parse_size
from dockyard.cmd.runc.system_error import failure
from dockyard.errors import InvalidParameter
from dockyard.runtime.container_state import load
from dockyard.runtime.container_update import update
from dockyard.spec.runtime import Resources, resources_from_json

_NUMBERS: Final = {
    # Flag: where its value belongs in the spec's resources.
    "cpu-period": ("cpu", "period"),
    "cpu-quota": ("cpu", "quota"),
    "cpu-share": ("cpu", "shares"),
    "cpu-rt-period": ("cpu", "realtimePeriod"),
    "cpu-rt-runtime": ("cpu", "realtimeRuntime"),
}
_SIZES: Final = {
    "memory": ("memory", "limit"),
    "memory-reservation": ("memory", "reservation"),
    "memory-swap": ("memory", "swap"),
}
_TEXTS: Final = {"cpuset-cpus": ("cpu", "cpus"), "cpuset-mems": ("cpu", "mems")}


def run(invocation: Invocation, values: Values, arguments: Sequence[str]) -> int:
    """Change what the flags or the document name, and nothing else."""
    for name in ("l3-cache-schema", "mem-bw-schema"):
        if values[name]:
            raise InvalidParameter(f"Intel RDT is not supported: --{name}")
    container = load(invocation.root, arguments[0])
    update(container, from_document(values["resources"]) if values["resources"] else from_flags(values))
    return 0


def from_document(path: str) -> Resources:
    """The limits in the file at `path`, or in standard input for "-"."""
    try:
        if path == "-":
            return resources_from_json(json.load(sys.stdin))
        with open(path, "rb") as file:
            return resources_from_json(json.load(file))
    except OSError as error:
        raise failure("open", path, error) from error
    except ValueError as error:
        raise InvalidParameter(f"invalid resources in {path}: {error}") from error


def from_flags(values: Values) -> Resources:
    """The limits that were given as flags."""
    document: dict[str, dict[str, Any]] = {}
    for name, (group, key) in _NUMBERS.items():
        if values[name]:
            try:
                document.setdefault(group, {})[key] = int(values[name])
            except ValueError:
                raise InvalidParameter(f"invalid value for {name}: {values[name]}") from None
    for name, (group, key) in _SIZES.items():
        if values[name]:
            try:
                document.setdefault(group, {})[key] = -1 if values[name] == "-1" else parse_size(values[name])
            except ValueError:
                raise InvalidParameter(f"invalid value for {name}: invalid size: '{values[name]}'") from None
    for name, (group, key) in _TEXTS.items():
        if values[name]:
            document.setdefault(group, {})[key] = values[name]
    if values["pids-limit"]:
        document["pids"] = {"limit": values["pids-limit"]}
    if values["blkio-weight"]:
        document["blockIO"] = {"weight": values["blkio-weight"]}
    return resources_from_json(document)


COMMAND: Final = Command(
    "update",
    "change the resource limits of a container",
    run,
    flags=(
        Flag(
            ("resources", "r"),
            "file with limits as in config.json, '-' for standard input; other flags then don't count",
        ),
        Flag(("blkio-weight",), "weight for block devices, 10 to 1000", "number"),
        Flag(("cpu-period",), "period of the CPU quota in microseconds"),
        Flag(("cpu-quota",), "CPU time within a period in microseconds"),
        Flag(("cpu-share",), "weight of CPU time beside other containers"),
        Flag(("cpu-rt-period",), "period of the realtime CPU time in microseconds"),
        Flag(("cpu-rt-runtime",), "realtime CPU time within a period in microseconds"),
        Flag(("cpuset-cpus",), "CPUs to use"),
        Flag(("cpuset-mems",), "memory nodes to use"),
        Flag(("memory",), "memory limit in bytes, or with a unit (64m)"),
        Flag(("memory-reservation",), "memory below which nothing is taken away when memory is short"),
        Flag(("memory-swap",), "limit of memory and swap together, -1 for none"),
        Flag(("pids-limit",), "how many tasks there may be, -1 for any number", "number"),
        Flag(("l3-cache-schema",), "not supported"),
        Flag(("mem-bw-schema",), "not supported"),
    ),
)
