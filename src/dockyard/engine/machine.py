"""This machine as containers' configurations depend on it: kernel, capabilities, security modules."""

import logging
import os
import platform

from dockyard.engine.config import DaemonConfig
from dockyard.engine.containers.kernel_support import has_block_io_weight
from dockyard.engine.containers.spec.build import Machine
from dockyard.engine.security.apparmor import ensure_default_profile, has_apparmor
from dockyard.engine.security.capabilities import from_mask
from dockyard.engine.security.defaults import masked_paths, possible_cpus
from dockyard.engine.security.selinux import Contexts, has_selinux, read_contexts
from dockyard.engine.system import ARCHITECTURES
from dockyard.errors import DockyardError, InvalidParameter

LOG = logging.getLogger(__name__)


def this_machine(daemon: DaemonConfig) -> Machine:
    """What containers' configurations depend on of this machine; InvalidParameter for an unreadable seccomp profile."""
    release = platform.release().split(".")
    kernel = (int(release[0]), int("".join(digit for digit in release[1] if digit.isdigit())))
    arch = ARCHITECTURES.get(platform.machine(), platform.machine())
    profile = daemon.seccomp_profile or ""
    if profile not in ("", "unconfined", "builtin"):
        try:
            with open(profile, encoding="utf-8") as file:
                profile = file.read()
        except (OSError, UnicodeDecodeError) as error:
            raise InvalidParameter(f"opening seccomp profile ({profile}) failed: {error}") from error
    cgroup_v2 = os.path.exists("/sys/fs/cgroup/cgroup.controllers")
    return Machine(
        kernel=kernel,
        arch=arch,
        cgroup_v2=cgroup_v2,
        seccomp_profile=profile,
        capabilities=held_capabilities(),
        masked_paths=masked_paths(possible_cpus()),
        block_io_weight=has_block_io_weight(),
        apparmor=has_apparmor(),
        selinux=_selinux(daemon),
    )


def _selinux(daemon: DaemonConfig) -> Contexts | None:
    if daemon.selinux_enabled and not has_selinux():
        LOG.warning("SELinux is wanted, but this kernel has it not or not enabled: containers get no labels")
        return None
    return read_contexts() if daemon.selinux_enabled else None


def load_profile(machine: Machine) -> None:
    """Loads the profile of containers into AppArmor. A failure is told, and again by each container that needs it."""
    try:
        if machine.apparmor:
            ensure_default_profile()
    except DockyardError as error:
        LOG.error("%s", error)


def held_capabilities() -> tuple[str, ...]:
    """The capabilities in this process's bounding set, by name (proc_pid_status(5), CapBnd)."""
    with open("/proc/self/status", encoding="ascii") as file:
        mask = next(line.split()[1] for line in file if line.startswith("CapBnd:"))
    return from_mask(int(mask, 16))
