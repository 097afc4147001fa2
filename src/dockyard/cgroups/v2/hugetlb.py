"""Huge pages, version 2: cgroup-v2.rst "HugeTLB"."""

import os

from dockyard.cgroups.files import read_integer, read_table, try_write, write
from dockyard.cgroups.stats import HugetlbStats
from dockyard.spec.runtime import Resources


def set_limits(directory: str, resources: Resources) -> None:
    """Write the ceilings; that of reservations too, where the kernel has it."""
    for limit in resources.hugepage_limits:
        write(directory, f"hugetlb.{limit.page_size}.max", limit.limit)
        try_write(directory, f"hugetlb.{limit.page_size}.rsvd.max", limit.limit)


def stats(directory: str) -> dict[str, HugetlbStats]:
    """Usage by page size."""
    sizes = [name.split(".")[1] for name in os.listdir(directory) if _is_current(name)]
    return {
        size: HugetlbStats(
            usage=read_integer(directory, f"hugetlb.{size}.current"),
            failures=read_table(directory, f"hugetlb.{size}.events").get("max", 0),
        )
        for size in sorted(sizes)
    }


def _is_current(name: str) -> bool:
    """`hugetlb.2MB.current`, but not `hugetlb.2MB.rsvd.current`."""
    return name.startswith("hugetlb.") and name.endswith(".current") and name.count(".") == 2
