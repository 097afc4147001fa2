"""Other OCI runtimes: `--add-runtime`, driven by their command line."""

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.peers import program
from tests.support.engine import Engine


@pytest.fixture
def wrapper(tmp_path: Path) -> Path:
    """A runtime that notes how it is called and then is Debian's runc."""
    runc = program("runc", peer="runc")
    path = tmp_path / "wrapper"
    path.write_text(f'#!/bin/sh\necho "$@" >>{tmp_path}/calls\nexec {runc.path} "$@"\n')
    path.chmod(0o755)
    return path


@pytest.mark.dockyard_only
@pytest.mark.row("A22")
def test_a_container_on_an_added_runtime(make_engine: Callable[..., Engine], wrapper: Path) -> None:
    engine = make_engine(f"--add-runtime=custom={wrapper}")
    docker = engine.docker
    assert "custom" in docker.info()["Runtimes"]
    assert docker("run", "--rm", "--runtime", "custom", "busybox", "echo", "hello") == "hello"
    container = docker("run", "-d", "--runtime", "custom", "busybox", "sleep", "1000")
    assert docker.field(container, "{{.HostConfig.Runtime}}") == "custom"
    assert docker("exec", container, "echo", "inside") == "inside"
    docker("pause", container)
    docker("unpause", container)
    docker("rm", "-f", container)
    assert docker.result("run", "--rm", "--runtime", "custom", "busybox", "sh", "-c", "exit 7").code == 7
    calls = (wrapper.parent / "calls").read_text()
    for verb in ("create", "start", "delete", "exec", "pause", "resume"):
        assert f" {verb} " in f" {calls} ".replace("\n", " "), f"{verb} is not among the calls:\n{calls}"


@pytest.mark.dockyard_only
@pytest.mark.row("A22")
def test_another_default_runtime(make_engine: Callable[..., Engine], wrapper: Path) -> None:
    engine = make_engine(f"--add-runtime=custom={wrapper}", "--default-runtime=custom")
    assert engine.docker.info()["DefaultRuntime"] == "custom"
    assert engine.docker("run", "--rm", "busybox", "echo", "hello") == "hello"
    assert "create" in (wrapper.parent / "calls").read_text()


def test_an_unknown_runtime_is_refused(engine: Engine) -> None:
    result = engine.docker.result("run", "--rm", "--runtime", "nosuch", "busybox", "true")
    assert result.code == 125
    assert "unknown runtime specified nosuch" in result.err.lower() or "runtime name: nosuch" in result.err
    assert engine.docker("ps", "-aq") == ""
