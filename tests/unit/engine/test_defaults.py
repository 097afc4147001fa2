"""What a request leaves open, filled in as Docker does."""

import pytest

from dockyard.engine.config import DaemonConfig
from dockyard.engine.containers.config import Config, HostConfig
from dockyard.engine.containers.defaults import with_daemon, with_image
from dockyard.engine.machine import this_machine


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        (HostConfig(), None),
        (HostConfig(privileged=True), ("label=disable",)),
        (HostConfig(pid_mode="host"), ("label=disable",)),
        (HostConfig(ipc_mode="host", security_opt=("no-new-privileges",)), ("no-new-privileges", "label=disable")),
        (HostConfig(privileged=True, security_opt=("label=type:x",)), ("label=type:x",)),
    ],
)
def test_who_sees_the_host_has_no_label(host, expected):
    assert with_daemon(host, DaemonConfig(), cgroup_v2=False).security_opt == expected


def test_a_swappiness_of_minus_one_is_none():
    assert with_daemon(HostConfig(memory_swappiness=-1), DaemonConfig(), cgroup_v2=False).memory_swappiness is None
    assert with_daemon(HostConfig(memory_swappiness=0), DaemonConfig(), cgroup_v2=False).memory_swappiness == 0


def test_no_volumes_are_none():
    assert with_image(Config(cmd=("sh",), volumes={}), Config()).volumes is None
    assert with_image(Config(cmd=("sh",), volumes={}), Config(volumes={"/v": {}})).volumes == {"/v": {}}


def test_masked_paths_are_the_machine_s_unless_the_user_or_privileges_say_otherwise():
    def masked(host):
        return with_daemon(host, DaemonConfig(), cgroup_v2=False, masked_paths=("/sys/x",)).masked_paths

    assert masked(HostConfig()) == ("/sys/x",)
    assert masked(HostConfig(masked_paths=())) == ()
    assert masked(HostConfig(privileged=True)) == ()


def test_the_machine_masks_what_its_cpus_have(monkeypatch):
    monkeypatch.setattr("dockyard.engine.machine.masked_paths", lambda cpus: ("/sys/masked", *map(str, cpus)))
    monkeypatch.setattr("dockyard.engine.machine.possible_cpus", lambda: (0, 1))
    assert this_machine(DaemonConfig()).masked_paths == ("/sys/masked", "0", "1")
