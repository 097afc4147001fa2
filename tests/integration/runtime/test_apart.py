"""create_apart: the same container, made by a process that goes away."""

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest
from tests.integration.runtime.harness import Harness, Streams, exit_code, forked

from dockyard.errors import AlreadyExists, NotFound
from dockyard.runtime.container_create_apart import create_apart
from dockyard.runtime.container_delete import delete
from dockyard.runtime.container_start import start
from dockyard.runtime.container_state import load

pytestmark = pytest.mark.root


def made(harness: Harness, document: dict[str, Any], streams: Streams, *, start: bool = True) -> int:
    (harness.bundle / "config.json").write_text(json.dumps(document))
    created = create_apart(
        str(harness.bundle), "apart", state_root=str(harness.state_root), stdio=streams.stdio, start=start
    )
    assert created.warnings == ()
    return created.pid


def children() -> list[str]:
    return Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()


@pytest.mark.parametrize("user_namespace", [False, True])
def test_the_container_is_a_child_of_the_caller(harness: Harness, user_namespace: bool) -> None:
    document = harness.shell("echo out; exit 9")
    if user_namespace:
        document["linux"]["namespaces"].append({"type": "user"})
        mapping = [{"containerID": 0, "hostID": 0, "size": 4_000_000}]
        document["linux"] |= {"uidMappings": mapping, "gidMappings": mapping}

    def act() -> tuple[list[str], int, str]:
        streams = Streams()
        pid = made(harness, document, streams)
        of_ours = children()
        streams.close_theirs()
        out, _ = streams.read_all()
        code = exit_code(pid)
        delete(load(str(harness.state_root), "apart"))
        return [*of_ours, str(pid)], code, out

    numbers, code, out = forked(act)
    assert (code, out) == (9, "out\n")
    assert len(numbers) == 2 and numbers[0] == numbers[1]


def test_started_later(harness: Harness) -> None:
    def act() -> tuple[str, int]:
        streams = Streams()
        pid = made(harness, harness.shell("exit 8"), streams, start=False)
        state = load(str(harness.state_root), "apart")
        status = state.status()
        start(state)
        code = exit_code(pid)
        delete(state)
        return status, code

    assert forked(act) == ("created", 8)


def test_errors_arrive_and_nothing_is_left(harness: Harness) -> None:
    def act() -> tuple[str, list[str], int]:
        before = len(os.listdir("/proc/self/fd"))
        with pytest.raises(NotFound) as raised:
            streams = Streams()
            try:
                made(harness, harness.document("nope"), streams)
            finally:
                streams.close()
        assert not (harness.state_root / "apart").exists()
        return str(raised.value), children(), len(os.listdir("/proc/self/fd")) - before

    assert forked(act) == ('exec: "nope": executable file not found in $PATH', [], 0)


def test_the_name_is_taken(harness: Harness) -> None:
    def act() -> None:
        streams = Streams()
        pid = made(harness, harness.document("sleep", "1000"), streams)
        with pytest.raises(AlreadyExists):
            made(harness, harness.document("true"), streams)
        os.kill(pid, signal.SIGKILL)
        exit_code(pid)
        delete(load(str(harness.state_root), "apart"))

    forked(act)
