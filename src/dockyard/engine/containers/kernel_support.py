"""Limits that this kernel can't keep: dropped with a warning, as in Docker, so that nobody believes in them."""

import glob

import msgspec

from dockyard.engine.containers.config import HostConfig

NO_WEIGHT = (
    "Your kernel does not support Block I/O weight or the cgroup is not mounted. Weight discarded.",
    "Your kernel does not support Block I/O weight_device or the cgroup is not mounted. Weight-device discarded.",
)

NO_LABELS = "Your kernel does not support SELinux or it is disabled. Label discarded."

WEIGHT_FILES = (
    "/sys/fs/cgroup/blkio/blkio.weight",
    "/sys/fs/cgroup/blkio/blkio.bfq.weight",
    "/sys/fs/cgroup/*/io.weight",
    "/sys/fs/cgroup/*/io.bfq.weight",
)
"""Where a hierarchy that has weights shows them: v1's root does, v2's only its groups."""


def has_block_io_weight() -> bool:
    """Whether the block I/O controller of this machine can weigh."""
    return any(glob.glob(pattern) for pattern in WEIGHT_FILES)


def has_real_time_groups() -> bool:
    """Whether the scheduler has real-time budgets for groups (CONFIG_RT_GROUP_SCHED, cgroup v1 only)."""
    return bool(glob.glob("/sys/fs/cgroup/*/cpu.rt_runtime_us"))


def keepable(host: HostConfig, *, block_io_weight: bool, selinux: bool = True) -> tuple[HostConfig, list[str]]:
    """`host` without what the kernel can't keep, and the warnings that say so."""
    warnings = [NO_LABELS] if not selinux and any(map(_is_label, host.security_opt or ())) else []
    if block_io_weight:
        return host, warnings
    asked = (bool(host.blkio_weight), bool(host.blkio_weight_device))
    kept = msgspec.structs.replace(host, blkio_weight=0, blkio_weight_device=()) if any(asked) else host
    return kept, [*warnings, *(warning for warning, wanted in zip(NO_WEIGHT, asked, strict=True) if wanted)]


def _is_label(option: str) -> bool:
    """Whether a `--security-opt` wants a label; `label=disable` wants none."""
    return option.startswith(("label=", "label:")) and option[len("label=") :] != "disable"
