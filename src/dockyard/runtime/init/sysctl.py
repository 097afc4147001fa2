"""Kernel parameters of the container's namespaces.

https://github.com/opencontainers/runtime-spec/blob/v1.2.0/config-linux.md#sysctl
Written through the host's procfs, opened before the fork: which namespace is meant follows from who writes, and there
no image can have put anything over a file (CVE-2025-52881).
"""

import os
from collections.abc import Mapping

from dockyard.errors import SystemFailure
from dockyard.linux.libc import reason
from dockyard.linux.open_beneath import beneath
from dockyard.runtime.validate import dotted_sysctl


def apply(parameters: Mapping[str, str], proc: int) -> None:
    """Write each of `parameters` (name to value) below `proc`. SystemFailure names the one that was refused."""
    for name, value in parameters.items():
        path = dotted_sysctl(name).translate(str.maketrans("./", "/."))
        try:
            descriptor = beneath(proc, f"sys/{path}", os.O_WRONLY)
            try:
                os.write(descriptor, value.encode())
            finally:
                os.close(descriptor)
        except OSError as error:
            raise SystemFailure(f"write sysctl key {name}: open /proc/sys/{path}: {reason(error)}") from error
