"""Which hierarchy is found in a mountinfo."""

from pathlib import Path

import pytest

from dockyard.cgroups import detect
from dockyard.errors import Unavailable

V2 = "31 23 0:28 / /sys/fs/cgroup rw,relatime - cgroup2 cgroup2 rw,nsdelegate\n"
V1 = (
    "31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755\n"
    "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw shared:5 - cgroup cgroup rw,cpu,cpuacct\n"
    "33 31 0:30 / /sys/fs/cgroup/systemd rw - cgroup systemd rw,xattr,release_agent=/lib/x,name=systemd\n"
    "34 31 0:31 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
    "35 31 0:31 / /elsewhere/memory rw - cgroup cgroup rw,memory\n"
)
HYBRID = V1 + "41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n"


def proc(tmp_path: Path, text: str) -> str:
    (tmp_path / "self").mkdir()
    (tmp_path / "self/mountinfo").write_text(text)
    return str(tmp_path)


@pytest.mark.parametrize("text", [V1, HYBRID])
def test_version_1(tmp_path: Path, text: str) -> None:
    hierarchy = detect(proc=proc(tmp_path, text))
    assert hierarchy.version == 1
    assert hierarchy.controllers == {"cpu", "cpuacct", "memory"}
    assert hierarchy.cgroup("/x").paths == {
        "cpu": "/sys/fs/cgroup/cpu,cpuacct/x",
        "cpuacct": "/sys/fs/cgroup/cpu,cpuacct/x",
        "name=systemd": "/sys/fs/cgroup/systemd/x",
        "memory": "/sys/fs/cgroup/memory/x",
    }


def test_version_2(tmp_path: Path) -> None:
    hierarchy = detect(proc=proc(tmp_path, V2))
    assert hierarchy.version == 2
    assert hierarchy.cgroup("/x").paths == {"": "/sys/fs/cgroup/x"}


def test_none(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="cgroups are not mounted"):
        detect(proc=proc(tmp_path, "22 27 0:21 / /proc rw - proc proc rw\n"))
