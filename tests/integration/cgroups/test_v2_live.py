"""What version 2 does without controllers, on the cgroup2 mount of this machine (hybrid machines have one, too)."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dockyard.cgroups.v2.cgroup import CgroupV2
from dockyard.linux.clone import fork_into
from dockyard.spec.runtime import DeviceRule, Resources

ROOT = next((path for path in ("/sys/fs/cgroup/unified", "/sys/fs/cgroup") if Path(path, "cgroup.procs").exists()), "")
pytestmark = [
    pytest.mark.root,
    pytest.mark.skipif(not Path(ROOT, "cgroup.controllers").exists(), reason="no cgroup2 is mounted"),
]


@pytest.fixture
def cgroup() -> Iterator[CgroupV2]:
    for path in Path(ROOT).glob("dockyard-v2-test-*"):
        if not Path("/proc", path.name.rpartition("-")[2]).exists():
            CgroupV2(ROOT, str(path)).destroy()
    made = CgroupV2(ROOT, f"{ROOT}/dockyard-v2-test-{os.getpid()}")
    made.create()
    yield made
    made.kill_all(signal.SIGKILL)
    made.destroy()


def born_in(cgroup: CgroupV2, function: Callable[[], int]) -> int:
    """Run `function` in a process born in `cgroup`; the number of the process."""
    entry = cgroup.entry()
    child = fork_into(0, entry.directory)
    if child is None:
        try:
            os._exit(function())
        finally:
            os._exit(99)
    entry.close()
    os.close(child.pidfd)
    return child.pid


def sleep() -> int:
    time.sleep(1000)
    return 0


def test_a_process_is_born_in_it(cgroup: CgroupV2) -> None:
    pid = born_in(cgroup, sleep)
    assert cgroup.pids() == [pid]
    assert Path(f"/proc/{pid}/cgroup").read_text().splitlines()[-1].endswith(os.path.basename(cgroup.paths[""]))
    cgroup.kill_all(signal.SIGKILL)
    os.waitpid(pid, 0)
    assert cgroup.pids() == []


def test_other_signals_reach_all(cgroup: CgroupV2) -> None:
    pids = [born_in(cgroup, sleep) for _ in range(3)]
    cgroup.kill_all(signal.SIGTERM)
    assert [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in pids] == [-signal.SIGTERM] * 3


def test_freezing(cgroup: CgroupV2) -> None:
    pid = born_in(cgroup, sleep)
    cgroup.freeze()
    assert cgroup.frozen()
    cgroup.thaw()
    assert not cgroup.frozen()
    cgroup.kill_all(signal.SIGKILL)
    os.waitpid(pid, 0)


def test_destroying_what_is_nested_and_what_is_occupied(cgroup: CgroupV2) -> None:
    Path(cgroup.paths[""], "below/deeper").mkdir(parents=True)
    pid = born_in(CgroupV2(ROOT, cgroup.paths[""] + "/below"), sleep)
    assert cgroup.pids() == [pid]
    cgroup.kill_all(signal.SIGKILL)
    os.waitpid(pid, 0)
    cgroup.destroy()
    assert not Path(cgroup.paths[""]).exists()


def can_open(path: str, flags: int) -> Callable[[], int]:
    def test() -> int:
        try:
            os.close(os.open(path, flags))
        except PermissionError:
            return 1
        return 0

    return test


def result(pid: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def test_device_rules(cgroup: CgroupV2) -> None:
    """The kernel's verifier takes the program, and it decides; setting others replaces it."""
    deny = DeviceRule(False, "a", None, None, "rwm")
    cgroup.set(Resources(devices=(deny, DeviceRule(True, "c", 1, 3, "rw"), DeviceRule(True, "c", 1, 5, "r"))))
    assert result(born_in(cgroup, can_open("/dev/null", os.O_RDWR))) == 0
    assert result(born_in(cgroup, can_open("/dev/zero", os.O_RDONLY))) == 0
    assert result(born_in(cgroup, can_open("/dev/zero", os.O_WRONLY))) == 1
    assert result(born_in(cgroup, can_open("/dev/full", os.O_RDONLY))) == 1
    cgroup.set(Resources(devices=(deny, DeviceRule(True, "c", 1, 7, "rw"))))
    assert result(born_in(cgroup, can_open("/dev/full", os.O_RDONLY))) == 0
    assert result(born_in(cgroup, can_open("/dev/null", os.O_RDONLY))) == 1
    cgroup.set(Resources())
    assert result(born_in(cgroup, can_open("/dev/null", os.O_RDONLY))) == 1
