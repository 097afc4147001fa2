"""Huge pages, version 1: Documentation/admin-guide/cgroup-v1/hugetlb.rst."""

import os

from dockyard.cgroups.files import read_integer, try_write, write
from dockyard.cgroups.stats import HugetlbStats
from dockyard.spec.runtime import Resources

_SUFFIX = ".limit_in_bytes"


def set_limits(directory: str, resources: Resources) -> None:
    """Write the ceilings; that of reservations too, where the kernel has it."""
    for limit in resources.hugepage_limits:
        write(directory, f"hugetlb.{limit.page_size}{_SUFFIX}", limit.limit)
        try_write(directory, f"hugetlb.{limit.page_size}.rsvd{_SUFFIX}", limit.limit)


def stats(directory: str) -> dict[str, HugetlbStats]:
    """Usage by page size."""
    sizes = [
        name.removeprefix("hugetlb.").removesuffix(_SUFFIX)
        for name in os.listdir(directory)
        if name.startswith("hugetlb.") and name.endswith(_SUFFIX) and ".rsvd" not in name
    ]
    return {
        size: HugetlbStats(
            usage=read_integer(directory, f"hugetlb.{size}.usage_in_bytes"),
            max=read_integer(directory, f"hugetlb.{size}.max_usage_in_bytes"),
            failures=read_integer(directory, f"hugetlb.{size}.failcnt"),
        )
        for size in sorted(sizes)
    }
