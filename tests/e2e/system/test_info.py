"""`docker info`."""

import os
import platform
import re
from collections.abc import Callable

import pytest
from tests.support.client import Docker
from tests.support.engine import Engine

KEYS = {
    "Containers",
    "ContainersRunning",
    "ContainersPaused",
    "ContainersStopped",
    "Images",
    "ServerVersion",
    "Driver",
    "DriverStatus",
    "LoggingDriver",
    "CgroupDriver",
    "CgroupVersion",
    "Plugins",
    "Swarm",
    "Runtimes",
    "DefaultRuntime",
    "InitBinary",
    "ContainerdCommit",
    "RuncCommit",
    "InitCommit",
    "SecurityOptions",
    "KernelVersion",
    "OperatingSystem",
    "OSType",
    "Architecture",
    "NCPU",
    "MemTotal",
    "Name",
    "ID",
    "DockerRootDir",
    "Debug",
    "IndexServerAddress",
    "RegistryConfig",
    "Labels",
    "ExperimentalBuild",
    "LiveRestoreEnabled",
    "SystemTime",
    "NFd",
    "NGoroutines",
    "NEventsListener",
    "MemoryLimit",
    "SwapLimit",
    "CpuCfsPeriod",
    "CpuCfsQuota",
    "CPUShares",
    "CPUSet",
    "PidsLimit",
    "IPv4Forwarding",
    "OomKillDisable",
    "Isolation",
    "Warnings",
    "GenericResources",
}
PLAIN_LINES = (
    "Containers: 0",
    "Running: 0",
    "Storage Driver: overlay2",
    "Logging Driver: json-file",
    "Swarm: inactive",
)


@pytest.mark.row("A16")
def test_info_has_every_key(docker: Docker) -> None:
    info = docker.info()
    assert not KEYS - set(info)
    assert info["OSType"] == "linux"
    assert info["Architecture"] == platform.machine()
    assert info["KernelVersion"] == platform.release()
    assert info["NCPU"] == len(os.sched_getaffinity(0))
    assert info["Name"] == platform.node()
    assert info["LoggingDriver"] == "json-file"
    assert {"Volume", "Network", "Log"} <= set(info["Plugins"])
    assert "json-file" in info["Plugins"]["Log"]
    assert info["Swarm"]["LocalNodeState"] == "inactive"
    assert "127.0.0.0/8" in info["RegistryConfig"]["InsecureRegistryCIDRs"]
    assert info["DefaultRuntime"] in info["Runtimes"]
    assert any(option.startswith("name=seccomp") for option in info["SecurityOptions"])
    assert info["RuncCommit"]["ID"]
    assert info["MemTotal"] == os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


@pytest.mark.row("A16")
def test_counts_follow_the_containers(docker: Docker, sleeper: Callable[..., str]) -> None:
    def counts() -> tuple[int, int, int, int]:
        info = docker.info()
        return info["Containers"], info["ContainersRunning"], info["ContainersPaused"], info["ContainersStopped"]

    assert counts() == (0, 0, 0, 0)
    one, two = sleeper(), sleeper()
    docker("create", "busybox")
    assert counts() == (3, 2, 0, 1)
    docker("pause", one)
    assert counts() == (3, 1, 1, 1)
    docker("kill", two)
    assert counts() == (3, 0, 1, 2)
    docker("unpause", one)
    assert counts() == (3, 1, 0, 2)


@pytest.mark.row("F4")
def test_info_tells_the_storage_driver(docker: Docker, engine: Engine) -> None:
    info = docker.info()
    status = dict(info["DriverStatus"])
    assert info["Driver"] == "overlay2"
    assert status["Supports d_type"] == "true"
    assert status["Native Overlay Diff"] in ("true", "false")
    assert status["Backing Filesystem"]
    assert info["DockerRootDir"] == str(engine.data)


@pytest.mark.row("A16")
def test_plain_info_reads_as_dockers(docker: Docker) -> None:
    shown = docker("info")
    for line in (
        "Containers: 0",
        " Running: 0",
        "Storage Driver: overlay2",
        "Logging Driver: json-file",
        "Swarm: inactive",
    ):
        assert re.search(rf"^ *{line}$", shown, re.MULTILINE), line


@pytest.mark.dockyard_only
@pytest.mark.row("A19")
def test_the_id_outlives_a_restart(own_engine: Engine) -> None:
    before = own_engine.docker("info", "-f", "{{.ID}}")
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|([A-Z2-7]{4}:){11}[A-Z2-7]{4}", before)
    own_engine.restart()
    assert own_engine.docker("info", "-f", "{{.ID}}") == before
