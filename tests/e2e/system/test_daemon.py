"""The daemon as a process: its log, its pidfile, its roles in `ps`, its open files."""

import os
import subprocess

import pytest
from tests.support.client import Docker
from tests.support.engine import Engine
from tests.support.processes import command_line
from tests.support.wait import wait_until

LOG_IN_ORDER = (
    "Loading containers: start.",
    "Default bridge ({bridge}) is assigned with an IP address",
    "Loading containers: done.",
    "Docker daemon",
    "Daemon has completed initialization",
    "API listen on",
)


@pytest.mark.row("A14")
def test_the_log_tells_the_start_in_dockers_words(engine: Engine) -> None:
    text = engine.log.read_text()
    position = 0
    for line in LOG_IN_ORDER:
        wanted = line.format(bridge=engine.bridge)
        found = text.find(wanted, position)
        assert found >= 0, f"{wanted!r} is not in the log after the line before it:\n{text}"
        position = found + len(wanted)


@pytest.mark.dockyard_only
@pytest.mark.row("A14", "A18")
def test_processes_show_dockers_roles(docker: Docker, engine: Engine) -> None:
    container = docker("run", "-d", "-p", "0:80", "busybox", "sleep", "1000")
    shown = subprocess.run(["ps", "-eo", "pid,args", "-ww"], capture_output=True, text=True, check=True).stdout
    of_this_engine = [line for line in shown.splitlines() if str(engine.home) in line or container in line]
    assert any("dockyardd" in line and "--data-root" in line for line in of_this_engine)
    shims = [line for line in of_this_engine if container in line]
    assert len(shims) == 1
    assert "shim -namespace moby" in shims[0]
    assert f"-address {engine.run}" in shims[0]
    assert command_line(engine.supervisor_pid)[0].startswith("dockyard-supervisor")


@pytest.mark.row("A20")
def test_the_pidfile_names_the_daemon(engine: Engine) -> None:
    assert int(engine.pidfile.read_text()) == engine.pid


@pytest.mark.dockyard_only  # Docker 20.10 keeps some of containerd's event streams open
@pytest.mark.slow
@pytest.mark.row("A20")
def test_descriptors_return_after_200_containers(docker: Docker, engine: Engine) -> None:
    def open_files() -> int:
        return len(os.listdir(f"/proc/{engine.pid}/fd"))

    def run_containers(count: int) -> None:
        loop = f"for i in $(seq {count}); do {docker.client.path} run --rm busybox true || exit 1; done"
        for process in [subprocess.Popen(["sh", "-c", loop], env=docker.client.environment) for _ in range(2)]:
            assert process.wait(timeout=110) == 0

    run_containers(5)  # what is opened once and kept
    before = open_files()
    run_containers(100)
    wait_until(lambda: open_files() <= before, f"open files to be {before} again", 15)
