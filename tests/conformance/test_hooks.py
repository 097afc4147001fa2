"""Hooks: which, when, where, and what they read.

https://github.com/opencontainers/runtime-spec/blob/v1.2.0/config.md#posix-platform-hooks
"""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from tests.conformance.kit.bundle import Bundle
from tests.conformance.kit.container import Container
from tests.conformance.kit.runtime import Refused

pytestmark = pytest.mark.row("N3")

KINDS = ("prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop")


def add(bundle: Bundle, kind: str, script: str, **more: Any) -> None:
    """A hook that runs `script` with a shell."""
    hook = {"path": "/bin/sh", "args": ["sh", "-c", script]} | more
    bundle.config.setdefault("hooks", {}).setdefault(kind, []).append(hook)


def record(bundle: Bundle, directory: Path, kind: str, number: int = 1) -> None:
    """A hook that notes that it ran; the directory is at the same place inside and outside."""
    add(bundle, kind, f"echo {kind} {number} >> {directory}/order")


@pytest.fixture
def notes(bundle: Bundle, tmp_path: Path) -> Path:
    """A directory that hooks inside and outside of the container write to."""
    directory = tmp_path / "notes"
    directory.mkdir()
    bundle.mount(str(directory), "none", directory, "bind")
    return directory


def order(notes: Path) -> list[str]:
    path = notes / "order"
    return path.read_text().splitlines() if path.exists() else []


def test_hooks_run_in_their_order(container: Container, bundle: Bundle, notes: Path):
    for kind in reversed(KINDS):
        record(bundle, notes, kind, 1)
        record(bundle, notes, kind, 2)
    bundle.script(f"echo process >> {notes}/order")
    before = [
        "prestart 1",
        "prestart 2",
        "createRuntime 1",
        "createRuntime 2",
        "createContainer 1",
        "createContainer 2",
    ]

    container.create()
    assert [note for note in order(notes) if not note.startswith("poststart")] == before
    container.start()
    container.wait()
    container.delete()
    # Poststart hooks run beside the process; runc 1.1 runs them at the end of create already.
    after = [note for note in order(notes)[len(before) :] if not note.startswith("poststart")]
    assert after == ["startContainer 1", "startContainer 2", "process", "poststop 1", "poststop 2"]
    assert [note for note in order(notes) if note.startswith("poststart")] == ["poststart 1", "poststart 2"]


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("prestart", "creating"),
        ("createRuntime", "creating"),
        ("createContainer", "creating"),
        ("startContainer", "created"),
        ("poststart", "running"),
        ("poststop", "stopped"),
    ],
)
def test_hooks_read_the_state(container: Container, bundle: Bundle, notes: Path, kind: str, status: str):
    bundle.config["annotations"] = {"org.example.key": "value"}
    add(bundle, kind, f"cat > {notes}/state")
    bundle.process["args"] = ["sleep", "60"]
    container.create()
    container.start()
    container.kill()
    container.wait()
    container.delete()
    state = json.loads((notes / "state").read_text())
    assert (state["id"], state["bundle"]) == (container.id, str(bundle.directory))
    assert state["annotations"] == {"org.example.key": "value"}
    assert state["ociVersion"]
    # runc 1.1 tells startContainer hooks "creating", and runs poststart hooks in create.
    assert state["status"] == status or kind in ("startContainer", "poststart")
    if kind != "poststop":
        assert state["pid"] in (container.pid, 1)


def test_arguments_and_environment(container: Container, bundle: Bundle, notes: Path):
    bundle.config["hooks"] = {
        "createRuntime": [
            {
                "path": "/bin/sh",
                "args": ["zero", "-c", f'echo "$0|$1|$KEY|$HOME" > {notes}/seen', "name", "first"],
                "env": ["KEY=value"],
            }
        ]
    }
    container.create()
    assert (notes / "seen").read_text() == "name|first|value|\n"


@pytest.mark.parametrize(
    ("kind", "inside"),
    [("prestart", False), ("createRuntime", False), ("createContainer", True), ("startContainer", True)],
)
def test_namespaces_of_hooks(container: Container, bundle: Bundle, notes: Path, kind: str, inside: bool):
    add(bundle, kind, f"readlink /proc/self/ns/uts > {notes}/uts; pwd > {notes}/pwd")
    bundle.process["args"] = ["sleep", "60"]
    container.create()
    if kind == "startContainer":
        container.start()
    own = os.readlink("/proc/self/ns/uts")
    expected = os.readlink(f"/proc/{container.pid}/ns/uts") if inside else own
    assert (notes / "uts").read_text().strip() == expected


def test_a_start_container_hook_is_a_program_of_the_container(container: Container, bundle: Bundle, notes: Path):
    (bundle.rootfs / "hook").write_text(f"#!/bin/sh\necho inside > {notes}/seen\n")
    (bundle.rootfs / "hook").chmod(0o755)
    bundle.config["hooks"] = {"startContainer": [{"path": "/hook"}]}
    assert container.run().code == 0
    assert (notes / "seen").read_text() == "inside\n"


@pytest.mark.parametrize("kind", ["prestart", "createRuntime", "createContainer"])
def test_a_hook_that_fails_before_the_start_ends_create(container: Container, bundle: Bundle, notes: Path, kind: str):
    add(bundle, kind, "echo why >&2; exit 3")
    record(bundle, notes, kind, 2)
    record(bundle, notes, "poststop")
    with pytest.raises(Refused):
        container.create()
    assert f"{kind} 2" not in order(notes)
    assert container.runtime.result("state", container.id).returncode == 1


def test_a_start_container_hook_that_fails_ends_the_container(container: Container, bundle: Bundle, notes: Path):
    add(bundle, "startContainer", "exit 3")
    bundle.script(f"echo process >> {notes}/order")
    container.create()
    container.runtime.result("start", container.id)
    assert container.wait().code != 0
    assert order(notes) == []


def test_a_poststart_hook_that_fails_is_told(container: Container, bundle: Bundle, notes: Path):
    # The spec wants a warning, which is ours; runc kills the container and reports an error.
    add(bundle, "poststart", "exit 3")
    bundle.process["args"] = ["sleep", "60"]
    try:
        container.create()
        done = container.runtime.result("start", container.id)
    except Refused as refused:
        assert "hook" in str(refused)
    else:
        assert "hook" in done.stderr
        assert container.status() == "running"


def test_a_poststop_hook_that_fails_does_not_keep_the_container(container: Container, bundle: Bundle, notes: Path):
    add(bundle, "poststop", "exit 3")
    record(bundle, notes, "poststop", 2)
    container.create()
    container.start()
    container.wait()
    container.runtime.result("delete", container.id)
    assert container.runtime.result("state", container.id).returncode == 1
    assert not os.path.exists(container.runtime.root / container.id)


def test_a_hook_that_takes_too_long_is_killed(container: Container, bundle: Bundle):
    add(bundle, "createRuntime", "exec sleep 20", timeout=1)
    with pytest.raises(Refused, match="timeout"):
        container.create()


@pytest.mark.parametrize("path", ["relative/hook", ""])
def test_a_hook_without_an_absolute_path_is_an_error(container: Container, bundle: Bundle, path: str):
    bundle.config["hooks"] = {"createRuntime": [{"path": path}]}
    with pytest.raises(Refused):
        container.create()
