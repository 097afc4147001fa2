"""Hooks: config.md "POSIX-platform Hooks" of runtime-spec v1.2."""

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest
from tests.integration.runtime.harness import Harness, exit_code, forked

from dockyard.errors import SystemFailure
from dockyard.runtime import hooks
from dockyard.runtime.container_delete import delete
from dockyard.spec.runtime import Hook, State, spec_from_json

pytestmark = pytest.mark.root
POINTS = ("prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop")
STATE = State("1.2.0", "id", "created", 7, "/b", {"a": "b"})


def hook(script: str, *arguments: str, **fields: Any) -> dict[str, Any]:
    return {"path": "/bin/sh", "args": ["sh", "-c", script, *arguments], **fields}


def test_order_namespaces_and_state(harness: Harness) -> None:
    log = harness.bundle / "log"
    document = harness.document("sh", "-c", "echo program >> /log")
    record = "cat > {}.state; echo {} $(readlink /proc/self/ns/uts) $(hostname) >> {}"
    document["hooks"] = {
        point: [hook(record.format(f"{harness.bundle}/{point}", point, log), env=["PATH=/bin:/usr/bin"])]
        for point in POINTS
        if point != "startContainer"
    }
    # This one is of the container's file system.
    document["hooks"]["startContainer"] = [
        {"path": "/bin/sh", "args": ["sh", "-c", "cat > /state; echo startContainer >> /log"], "env": ["PATH=/bin"]}
    ]
    (harness.bundle / "config.json").write_text(json.dumps(document))

    def act() -> int:
        with harness.created(spec_from_json(document)) as container:
            assert not (harness.rootfs / "log").exists()
            container.init.start()
            exit_code(container.init.pid)
            warnings = delete(container.init.state)
            assert warnings == []
            return container.init.pid

    pid = forked(act)
    lines = [line.split() for line in log.read_text().splitlines()]
    host = os.readlink("/proc/self/ns/uts")
    assert [line[0] for line in lines] == ["prestart", "createRuntime", "createContainer", "poststart", "poststop"]
    assert [line[1] == host for line in lines] == [True, True, False, True, True]
    assert (harness.rootfs / "log").read_text() == "startContainer\nprogram\n"
    statuses = {}
    for point in POINTS:
        path = harness.rootfs / "state" if point == "startContainer" else harness.bundle / f"{point}.state"
        state = json.loads(path.read_text())
        statuses[point] = state["status"]
        assert state["id"] == "tested" and state["bundle"] == str(harness.bundle) and state["ociVersion"] == "1.2.0"
        assert state["pid"] == (0 if point == "poststop" else pid)
    assert list(statuses.values()) == ["creating", "creating", "creating", "created", "running", "stopped"]


def test_create_container_hooks_see_the_mounts(harness: Harness) -> None:
    """They run in the container's namespaces, but before its root is changed."""
    document = harness.document("cat", "/made")
    document["hooks"] = {
        "createContainer": [hook(f"test -e {harness.rootfs}/bin/sh; echo hooked > {harness.rootfs}/made")]
    }
    document["hooks"]["createContainer"][0]["env"] = ["PATH=/bin"]
    assert harness.run(document).stdout == "hooked\n"


@pytest.mark.parametrize("point", ["prestart", "createRuntime", "createContainer"])
def test_one_that_fails_ends_create(harness: Harness, point: str) -> None:
    document = harness.document("true")
    document["hooks"] = {point: [hook("exit 0"), hook("echo why >&2; exit 3")]}
    error = harness.refused(document)
    assert str(error) == f"error running {point} hook #1: exit status 3, stdout: , stderr: why\n"


def test_one_that_fails_ends_start(harness: Harness) -> None:
    document = harness.document("touch", "/ran")
    document["hooks"] = {"startContainer": [hook("exit 4")]}

    def act() -> str:
        with harness.created(spec_from_json(document)) as container:
            with pytest.raises(SystemFailure) as raised:
                container.init.start()
            assert exit_code(container.init.pid) == 1
            return str(raised.value)

    assert forked(act) == "error running startContainer hook #0: exit status 4, stdout: , stderr: "
    assert not (harness.rootfs / "ran").exists()


def test_those_after_start_are_only_reported(harness: Harness) -> None:
    document = harness.document("sleep", "1000")
    document["hooks"] = {"poststart": [hook("exit 5"), hook(f"touch {harness.bundle}/second", env=["PATH=/bin"])]}

    def act() -> list[str]:
        with harness.created(spec_from_json(document)) as container:
            warnings = container.init.start()
            assert container.init.state.alive()
            return warnings

    assert forked(act) == ["error running poststart hook #0: exit status 5, stdout: , stderr: "]
    assert (harness.bundle / "second").exists()


def test_create_and_start_in_one_go_with_hooks(harness: Harness) -> None:
    """The caller's answers for its hooks are not mistaken for the start."""
    log = harness.bundle / "log"
    document = harness.document("sh", "-c", "echo program > /ran")
    document["hooks"] = {
        point: [hook(f"echo {point} >> {log}", env=["PATH=/bin"])]
        for point in ("prestart", "createRuntime", "poststart")
    }

    def act() -> int:
        with harness.created(spec_from_json(document), start=True) as container:
            return exit_code(container.init.pid)

    assert forked(act) == 0
    assert log.read_text().split() == ["prestart", "createRuntime", "poststart"]
    assert (harness.rootfs / "ran").exists()


def run(wanted: Hook) -> str:
    def act() -> str:
        try:
            hooks.run(wanted, STATE)
        except SystemFailure as error:
            return str(error)
        return ""

    return forked(act)


def test_arguments_environment_and_input(tmp_path: Path) -> None:
    script = f'echo "$0" "$@" > {tmp_path}/out; /usr/bin/env >> {tmp_path}/out; /bin/cat > {tmp_path}/in'
    assert run(Hook("/bin/sh", ("sh", "-c", script, "zero", "one"), ("A=B",))) == ""
    assert (tmp_path / "out").read_text().splitlines()[0] == "zero one"
    assert "A=B" in (tmp_path / "out").read_text()
    assert "HOME" not in (tmp_path / "out").read_text()
    assert json.loads((tmp_path / "in").read_text()) == {
        "ociVersion": "1.2.0", "id": "id", "status": "created", "pid": 7, "bundle": "/b", "annotations": {"a": "b"},
    }  # fmt: skip


def test_input_that_is_not_read() -> None:
    assert run(Hook("/bin/true")) == ""


def test_timeout() -> None:
    began = time.monotonic()
    assert run(Hook("/bin/sleep", ("sleep", "100"), timeout=1)) == "hook ran past specified timeout of 1.0s"
    assert time.monotonic() - began < 10


def test_program_that_is_not_there() -> None:
    assert "exec /nowhere: no such file or directory" in run(Hook("/nowhere"))


def test_signal() -> None:
    assert run(Hook("/bin/sh", ("sh", "-c", "kill -TERM $$"))) == "signal: SIGTERM, stdout: , stderr: "


def test_a_descendant_that_keeps_the_pipe_open() -> None:
    began = time.monotonic()
    assert "exit status 1" in run(Hook("/bin/sh", ("sh", "-c", "/bin/sleep 20 & exit 1")))
    assert time.monotonic() - began < 10


def test_much_output() -> None:
    said = run(Hook("/bin/sh", ("sh", "-c", "/usr/bin/head -c 60000 /dev/zero | /usr/bin/tr '\\0' x >&2; exit 1")))
    assert len(said) < 5000
