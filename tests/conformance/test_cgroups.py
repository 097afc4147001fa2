"""Resource limits, controller by controller, with an absolute and with a relative path.

https://github.com/opencontainers/runtime-spec/blob/v1.2.0/config-linux.md#control-groups
"""

import os
from pathlib import Path
from typing import Any

import pytest
from tests.conformance.kit import cgroups
from tests.conformance.kit.bundle import Bundle
from tests.conformance.kit.container import Container
from tests.conformance.kit.runtime import Refused

pytestmark = pytest.mark.row("N3")

LIMITS = {
    "memory": (
        {"memory": {"limit": 64 << 20, "reservation": 32 << 20, "swappiness": 50}},
        {
            "memory.limit_in_bytes": str(64 << 20),
            "memory.soft_limit_in_bytes": str(32 << 20),
            "memory.swappiness": "50",
        },
    ),
    "memory with swap": (
        {"memory": {"limit": 64 << 20, "swap": 96 << 20}},
        {"memory.limit_in_bytes": str(64 << 20), "memory.memsw.limit_in_bytes": str(96 << 20)},
    ),
    "cpu": (
        {"cpu": {"shares": 512, "quota": 40_000, "period": 80_000}},
        {"cpu.shares": "512", "cpu.cfs_quota_us": "40000", "cpu.cfs_period_us": "80000"},
    ),
    "cpuset": ({"cpu": {"cpus": "0", "mems": "0"}}, {"cpuset.cpus": "0", "cpuset.mems": "0"}),
    "pids": ({"pids": {"limit": 100}}, {"pids.max": "100"}),
    "pids without limit": ({"pids": {"limit": -1}}, {"pids.max": "max"}),
    "blkio": (
        {"blockIO": {"throttleReadBpsDevice": [{"major": 7, "minor": 0, "rate": 102_400}]}},
        {"blkio.throttle.read_bps_device": "7:0 102400"},
    ),
    "blkio operations": (
        {"blockIO": {"throttleWriteIOPSDevice": [{"major": 7, "minor": 0, "rate": 1000}]}},
        {"blkio.throttle.write_iops_device": "7:0 1000"},
    ),
}


@pytest.fixture(autouse=True)
def v1() -> None:
    if not cgroups.has("pids"):
        pytest.skip("the cases are written for cgroup v1")


def needed(controllers: str) -> str:
    """The controller of a case; skips it when this machine doesn't have that."""
    controller = controllers.split()[0]
    if not cgroups.has(controller):
        pytest.skip(f"cgroup v1 controller {controller} is not mounted here")
    if "swap" in controllers and not os.path.exists("/sys/fs/cgroup/memory/memory.memsw.limit_in_bytes"):
        pytest.skip("this kernel doesn't count swap")
    if controller == "blkio" and not os.path.exists("/dev/loop0"):
        pytest.skip("no block device 7:0 here")
    return controller


def apply(container: Container, bundle: Bundle, case: str, cases: dict[str, Any] = LIMITS) -> None:
    """Create and start the container with the limits of the case, and read them from the kernel."""
    controller = needed(case)
    limits, expected = cases[case]
    bundle.linux["resources"] |= limits
    bundle.process["args"] = ["sleep", "60"]
    container.create()
    container.start()
    for file, value in expected.items():
        assert value in cgroups.value(container.pid, controller, file), file


@pytest.mark.parametrize("case", LIMITS)
def test_limits_with_an_absolute_path(container: Container, bundle: Bundle, case: str):
    bundle.linux["cgroupsPath"] = f"/conformance/{container.id}"
    apply(container, bundle, case)
    assert cgroups.directory(container.pid, needed(case)).endswith(f"/conformance/{container.id}")


@pytest.mark.parametrize("case", ["memory", "cpu", "cpuset", "pids", "blkio"])
def test_limits_with_a_relative_path(container: Container, bundle: Bundle, case: str):
    bundle.linux["cgroupsPath"] = f"conformance/{container.id}"
    apply(container, bundle, case)
    assert cgroups.directory(container.pid, needed(case)).endswith(f"conformance/{container.id}")


def test_without_a_path_the_runtime_takes_one_of_its_own(container: Container):
    container.create()
    assert container.id in cgroups.directory(container.pid, "pids")


def test_the_limit_of_pids_holds(container: Container, bundle: Bundle):
    bundle.linux["resources"]["pids"] = {"limit": 8}
    bundle.script("for i in 1 2 3 4 5 6 7 8 9 10; do sleep 5 & done; echo all")
    outcome = container.run()
    assert outcome.code != 0
    assert "all" not in outcome.lines


def test_the_limit_of_memory_holds(container: Container, bundle: Bundle):
    bundle.linux["resources"]["memory"] = {"limit": 16 << 20, "swap": 16 << 20}
    needed("memory with swap" if cgroups.has("memory") else "memory")
    bundle.process["args"] = ["sh", "-c", "head -c 64m /dev/zero | tail -c 64m > /dev/null; echo $?"]
    outcome = container.run()
    # Which process of the cgroup the kernel kills is its own choice.
    assert outcome.code == 137 or outcome.lines[-1:] == ["137"]


def test_devices_are_limited_for_exec_too(container: Container, bundle: Bundle):
    bundle.process["args"] = ["sleep", "60"]
    bundle.process["capabilities"]["bounding"] = [*bundle.process["capabilities"]["bounding"], "CAP_MKNOD"]
    for kind in ("effective", "permitted"):
        bundle.process["capabilities"][kind] = bundle.process["capabilities"]["bounding"]
    container.create()
    container.start()
    done = container.exec("sh", "-c", "mknod /tmp/fuse c 10 229 && true < /tmp/fuse")
    assert done.returncode == 1
    assert "Operation not permitted" in done.stderr


@pytest.mark.parametrize(
    "limits",
    [
        {"cpu": {"cpus": "4000"}},
        {"cpu": {"cpus": "nonsense"}},
        {"cpu": {"period": 1}},
        {"memory": {"limit": 1 << 20, "swap": 1 << 19}},
    ],
    ids=["no such cpu", "no list of cpus", "period too short", "swap below memory"],
)
def test_limits_that_the_kernel_refuses_are_an_error_and_leave_nothing(
    container: Container, bundle: Bundle, limits: dict, tmp_path: Path
):
    bundle.linux["resources"] |= limits
    bundle.linux["cgroupsPath"] = f"/conformance-{container.id}"
    with pytest.raises(Refused):
        container.create()
    left = [
        controller
        for controller in os.listdir("/sys/fs/cgroup")
        if container.id in os.listdir(f"/sys/fs/cgroup/{controller}")
    ]
    assert left == []
    assert not (container.runtime.root / container.id).exists()
