"""Attaching the device filter to a cgroup: bpf(2), BPF_PROG_TYPE_CGROUP_DEVICE."""

import os

from dockyard.cgroups.v2.device_filter import program
from dockyard.errors import SystemFailure
from dockyard.linux import bpf
from dockyard.linux.libc import reason
from dockyard.spec.runtime import Resources


def set_limits(directory: str, resources: Resources) -> None:
    """Put a filter for the device rules in place of those that are there; without rules nothing changes.

    The new one is attached before the old ones are taken away, so that at no moment everything is allowed.
    """
    if not resources.devices:
        return
    code = program(resources.devices)
    try:
        place = os.open(directory, os.O_DIRECTORY | os.O_RDONLY | os.O_CLOEXEC)
        try:
            old = bpf.attached(place)
            bpf.attach(bpf.load(code), place)
            for number in old:
                bpf.detach(number, place)
        finally:
            os.close(place)
    except OSError as error:
        raise SystemFailure(f"unable to apply device filter to {directory}: {reason(error)}") from error
