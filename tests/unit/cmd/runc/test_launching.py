"""What `create` and `run` refuse before they look at the bundle."""

import io
from pathlib import Path

import pytest

from dockyard.cmd.runc.command import Invocation
from dockyard.cmd.runc.launching import configuration
from dockyard.cmd.runc.log import open_log
from dockyard.errors import NotFound, NotImplementedYet

VALUES = {"bundle": "", "console-socket": "", "preserve-fds": 0}


def invocation(path: Path, *, systemd_cgroup: bool = False) -> Invocation:
    log = open_log(str(path / "log"), "text", debug=False, clock=lambda: 0.0)
    return Invocation(str(path / "root"), log, systemd_cgroup, io.StringIO())


def test_a_service_manager_that_would_wait_in_vain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NOTIFY_SOCKET", "/run/systemd/notify")
    with pytest.raises(NotImplementedYet, match="unset NOTIFY_SOCKET"):
        configuration(invocation(tmp_path), VALUES, detach=True)
    monkeypatch.setenv("NOTIFY_SOCKET", "")
    with pytest.raises(NotFound, match=r"JSON specification file config\.json not found"):
        configuration(invocation(tmp_path), VALUES, detach=True)


def test_cgroups_by_systemd(tmp_path: Path) -> None:
    with pytest.raises(NotImplementedYet, match="--systemd-cgroup"):
        configuration(invocation(tmp_path, systemd_cgroup=True), VALUES, detach=True)
