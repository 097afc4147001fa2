"""Labels of the security modules: AppArmor profile and SELinux context, which take effect at execve.

https://github.com/opencontainers/runtime-spec/blob/v1.2.0/config.md#linux-process
"""

import os

from dockyard.errors import InvalidParameter, SystemFailure
from dockyard.linux.libc import reason
from dockyard.linux.open_beneath import beneath
from dockyard.runtime.host_proc import own_number
from dockyard.spec.runtime import Process

APPARMOR = "/sys/module/apparmor/parameters/enabled"
SELINUX = "/sys/fs/selinux/enforce"


def check(process: Process, mount_label: str = "") -> None:
    """In the caller: InvalidParameter for a label of a module that this kernel doesn't have."""
    if process.apparmor_profile and not _apparmor_enabled():
        raise InvalidParameter("apparmor: config provided but apparmor not supported")
    if (process.selinux_label or mount_label) and not os.path.exists(SELINUX):
        raise InvalidParameter("selinux label is specified in config, but selinux is disabled or not supported")


def _apparmor_enabled() -> bool:
    try:
        with open(APPARMOR, "rb") as file:
            return file.read(1) == b"Y"
    except OSError:
        return False


def wanted(process: Process) -> bool:
    """Whether `apply` has something to do."""
    return bool(process.apparmor_profile or process.selinux_label)


def apply(process: Process, proc: int) -> None:
    """In the process: ask for the labels at the next execve, through the host's procfs `proc`. SystemFailure."""
    if process.apparmor_profile:
        _write(proc, ("apparmor/exec", "exec"), f"exec {process.apparmor_profile}", "apparmor profile")
    if process.selinux_label:
        _write(proc, ("exec",), process.selinux_label, "selinux label")


def _write(proc: int, names: tuple[str, ...], value: str, what: str) -> None:
    """Write to the first of the attribute files that exists."""
    own = own_number(proc)
    for name in names:
        try:
            descriptor = beneath(proc, f"{own}/attr/{name}", os.O_WRONLY)
        except FileNotFoundError:
            continue
        try:
            os.write(descriptor, value.encode())
            return
        except OSError as error:
            raise SystemFailure(f"unable to apply {what} {value}: {reason(error)}") from error
        finally:
            os.close(descriptor)
    raise SystemFailure(f"unable to apply {what} {value}: /proc has no attribute for it")
