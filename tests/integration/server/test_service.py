"""The daemon as a service: what it tells the manager that started it, and its unit files."""

import os
import re
import shutil
import signal
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.peers.guarded import Guard
from tests.support.engine import PROGRAMS
from tests.support.http import request

UNITS = Path(__file__).parents[3] / "packaging" / "systemd"

pytestmark = pytest.mark.root


def parsed(unit: str) -> dict[str, list[str]]:
    """`Section.Key` to its values, of a unit file without continued lines."""
    found: dict[str, list[str]] = {}
    section = ""
    for line in unit.splitlines():
        if heading := re.fullmatch(r"\[(\w+)\]", line):
            section = heading[1]
        elif line and not line.startswith("#"):
            key, equals, value = line.partition("=")
            assert equals, f"neither section nor assignment: {line!r}"
            found.setdefault(f"{section}.{key}", []).append(value)
    return found


@pytest.mark.row("A9")
def test_it_tells_its_manager_what_goes_on(tmp_path: Path) -> None:
    api, config = tmp_path / "api.sock", tmp_path / "daemon.json"
    config.write_text("{}")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager, Guard([tmp_path / "home"]) as guard:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(20)
        folders = [f"--{name}={tmp_path}/home/{name}" for name in ("data-root", "exec-root", "pidfile")]
        pid = guard.start(
            [str(PROGRAMS / "dockyardd"), *folders, "--bridge=none", f"--host=unix://{api}", f"--config-file={config}"],
            tmp_path / "log",
            {**os.environ, "NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "400000"},
        )
        assert manager.recv(200) == b"READY=1"
        assert request(str(api), "GET", "/_ping").body == b"OK"
        assert [manager.recv(200) for _ in range(3)] == [b"WATCHDOG=1"] * 3

        def hear() -> bytes:
            return next(heard for heard in iter(lambda: manager.recv(200), b"") if heard != b"WATCHDOG=1")

        os.kill(pid, signal.SIGHUP)
        assert re.fullmatch(rb"RELOADING=1\nMONOTONIC_USEC=\d+", hear())
        assert hear() == b"READY=1"
        config.write_text("not JSON")
        os.kill(pid, signal.SIGHUP)
        assert hear().startswith(b"RELOADING=1")
        assert hear() == b"READY=1"  # a file that is wrong doesn't leave systemd waiting
        os.kill(pid, signal.SIGTERM)
        assert hear() == b"STOPPING=1"
        supervisor = (tmp_path / "home" / "exec-root" / "supervisor.pid").read_text().strip()
        assert not {b"NOTIFY_SOCKET", b"WATCHDOG_USEC"} & {
            variable.partition(b"=")[0] for variable in Path(f"/proc/{supervisor}/environ").read_bytes().split(b"\0")
        }


@pytest.mark.row("A11")
def test_the_unit_has_what_containers_need() -> None:
    unit = parsed((UNITS / "dockyard.service").read_text())
    wanted = {
        "Type": "notify",
        "ExecReload": "/bin/kill -s HUP $MAINPID",
        "LimitNOFILE": "infinity",
        "LimitNPROC": "infinity",
        "LimitCORE": "infinity",
        "TasksMax": "infinity",
        "TimeoutStartSec": "0",
        "Delegate": "yes",
        "KillMode": "process",
        "Restart": "on-failure",
    }
    assert {key: unit[f"Service.{key}"] for key in wanted} == {key: [value] for key, value in wanted.items()}
    assert unit["Service.WatchdogSec"]
    assert unit["Unit.Requires"] == ["dockyard.socket"]
    assert parsed((UNITS / "dockyard.socket").read_text())["Socket.ListenStream"] == ["/run/dockyard/dockyard.sock"]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
@pytest.mark.row("A4", "A11")
def test_systemd_finds_nothing_wrong_with_the_installed_units(install: Callable[..., str], tmp_path: Path) -> None:
    install()
    units = [str(tmp_path / "units" / name) for name in ("dockyard.service", "dockyard.socket")]
    done = subprocess.run(["systemd-analyze", "verify", *units], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@pytest.fixture
def install(tmp_path: Path) -> Callable[..., str]:
    """`dockyard system install-unit` into a folder of the test's: what it printed, or with `code` its complaint."""

    def run(*options: str, code: int = 0) -> str:
        command = [str(PROGRAMS / "dockyard"), "system", "install-unit", f"--directory={tmp_path}/units", *options]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        assert done.returncode == code, done.stderr
        return done.stdout if code == 0 else done.stderr

    return run


@pytest.mark.row("A13")
def test_install_unit_writes_files_and_links(install: Callable[..., str], tmp_path: Path) -> None:
    printed = install()
    assert printed.splitlines()[-1] == "Now: systemctl daemon-reload && systemctl start dockyard"
    units = tmp_path / "units"
    for unit, target in (("dockyard.service", "multi-user"), ("dockyard.socket", "sockets")):
        link = units / f"{target}.target.wants" / unit
        assert link.is_symlink()
        assert link.resolve() == units / unit
    assert f"\nExecStart={PROGRAMS}/dockyardd -H fd://\n" in (units / "dockyard.service").read_text()
    assert install() == printed  # a second time changes nothing


def test_install_unit_keeps_what_an_administrator_changed(install: Callable[..., str], tmp_path: Path) -> None:
    install("--no-enable")
    assert not list((tmp_path / "units").glob("*.wants"))
    changed = tmp_path / "units" / "dockyard.service"
    changed.write_text(changed.read_text().replace("RestartSec=2", "RestartSec=9"))
    assert f"{changed} exists and is different: use --force to replace it" in install(code=1)
    assert "RestartSec=9" in changed.read_text()
    install("--force")
    assert "RestartSec=2" in changed.read_text()
