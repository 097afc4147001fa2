"""Limits of the controllers of cgroup v1 that few machines mount.

They carry no row: for other machines tests/unit/cgroups/test_v1.py does the same on a tree of files.
"""

import pytest
from tests.conformance.kit.bundle import Bundle
from tests.conformance.kit.container import Container
from tests.conformance.test_cgroups import apply

LIMITS = {
    "hugetlb": (
        {"hugepageLimits": [{"pageSize": "2MB", "limit": 4 << 20}]},
        {"hugetlb.2MB.limit_in_bytes": str(4 << 20)},
    ),
    "net_cls": ({"network": {"classID": 1_048_577}}, {"net_cls.classid": "1048577"}),
    "net_prio": ({"network": {"priorities": [{"name": "lo", "priority": 5}]}}, {"net_prio.ifpriomap": "lo 5"}),
}


@pytest.mark.parametrize("case", LIMITS)
def test_limits(container: Container, bundle: Bundle, case: str):
    bundle.linux["cgroupsPath"] = f"/conformance/{container.id}"
    apply(container, bundle, case, LIMITS)
