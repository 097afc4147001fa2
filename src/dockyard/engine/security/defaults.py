"""What every container is kept from unless it asks for more: paths and devices, as in Docker.

Capabilities have a file of their own; they are named here too, so that all defaults are found in one place.

https://github.com/opencontainers/runtime-spec/blob/v1.2.0/config-linux.md#masked-paths
"""

import os
from collections.abc import Iterable
from typing import Final

from dockyard.engine.security.capabilities import ALL_CAPABILITIES, resolve_capabilities
from dockyard.spec.runtime import DeviceRule
from dockyard.spec.runtime.defaults import DEFAULT_CAPABILITIES, READONLY_PATHS

__all__ = [
    "ALL_CAPABILITIES",
    "DEFAULT_CAPABILITIES",
    "DEFAULT_DEVICES_CGROUP",
    "MASKED_PATHS",
    "READONLY_PATHS",
    "masked_paths",
    "possible_cpus",
    "resolve_capabilities",
]

MASKED_PATHS: Final[tuple[str, ...]] = (
    "/proc/acpi",
    "/proc/asound",
    "/proc/interrupts",
    "/proc/kcore",
    "/proc/keys",
    "/proc/latency_stats",
    "/proc/sched_debug",
    "/proc/scsi",
    "/proc/timer_list",
    "/proc/timer_stats",
    "/sys/devices/virtual/powercap",
    "/sys/firmware",
)
"""Files and directories that a container sees as empty. /proc/interrupts and powercap tell it what its neighbours do:
advisories GHSA-6fw5-f8r9-fgfm and GHSA-jq35-85cj-fj4p of moby."""

DEFAULT_DEVICES_CGROUP: Final[tuple[DeviceRule, ...]] = (
    DeviceRule(allow=False, access="rwm"),
    DeviceRule(allow=True, type="c", major=1, minor=5, access="rwm"),  # /dev/zero
    DeviceRule(allow=True, type="c", major=1, minor=3, access="rwm"),  # /dev/null
    DeviceRule(allow=True, type="c", major=1, minor=9, access="rwm"),  # /dev/urandom
    DeviceRule(allow=True, type="c", major=1, minor=8, access="rwm"),  # /dev/random
    DeviceRule(allow=True, type="c", major=5, minor=0, access="rwm"),  # /dev/tty
    DeviceRule(allow=True, type="c", major=5, minor=1, access="rwm"),  # /dev/console
    DeviceRule(allow=False, type="c", major=10, minor=229, access="rwm"),  # /dev/fuse
)
"""In this order, the last match wins. The runtime adds what a container can't do without (/dev/full, ptmx, pts/*,
and mknod of any device), as runc does."""


def possible_cpus(path: str = "/sys/devices/system/cpu/possible") -> tuple[int, ...]:
    """The numbers of the CPUs that this machine can have; none where the kernel doesn't say.

    https://docs.kernel.org/admin-guide/cputopology.html
    """
    try:
        with open(path, encoding="ascii") as file:
            ranges = file.read().strip().split(",")
    except OSError:
        return ()
    bounds = [(first, last or first) for first, _, last in (one.partition("-") for one in ranges if one)]
    return tuple(number for first, last in bounds for number in range(int(first), int(last) + 1))


def masked_paths(possible_cpus: Iterable[int]) -> tuple[str, ...]:
    """`MASKED_PATHS`, and the thermal throttle counters of each CPU that has them on this machine."""
    throttles = (f"/sys/devices/system/cpu/cpu{number}/thermal_throttle" for number in possible_cpus)
    return MASKED_PATHS + tuple(path for path in throttles if os.path.exists(path))
