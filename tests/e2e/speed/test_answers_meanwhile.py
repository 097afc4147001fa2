"""`ps` and `inspect` wait for nobody: they answer while fifty containers start, and one hangs in its start.

The one that hangs has a runtime that doesn't return before the test lets it; so every answer that comes before that has
not waited for it, however slow the machine is. How fast they are is measured by `script/bench --only busy`.
"""

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.peers import program
from tests.support.engine import Engine
from tests.support.http import request
from tests.support.wait import wait_until

STARTS = 50


@pytest.mark.slow
@pytest.mark.dockyard_only
def test_questions_are_answered_while_containers_start(make_engine: Callable[..., Engine], tmp_path: Path) -> None:
    runc, go = program("runc", peer="runc"), tmp_path / "go"
    hanging = tmp_path / "hanging"
    hanging.write_text(f'#!/bin/sh\nuntil [ -e {go} ]; do sleep 0.1; done\nexec {runc.path} "$@"\n')
    hanging.chmod(0o755)
    engine = make_engine(f"--add-runtime=hanging={hanging}")
    docker, socket = engine.docker, engine.docker.socket
    docker("create", "--runtime", "hanging", "--name", "stuck", "busybox", "sleep", "1000")
    began = threading.Event()

    def start(_: int) -> None:
        body = {"Image": "busybox", "Cmd": ["sleep", "1000"], "HostConfig": {"NetworkMode": "none"}}
        container = json.loads(request(socket, "POST", "/containers/create", body).body)["Id"]
        began.set()
        assert request(socket, "POST", f"/containers/{container}/start").status == 204

    def answers() -> None:
        for path in ("/_ping", "/containers/json?all=1", "/containers/stuck/json", "/info", "/images/json", "/version"):
            assert request(socket, "GET", path).status == 200
        assert request(socket, "GET", "/containers/stuck/json").json()["State"]["Status"] == "created"

    answers()  # the first `docker info` gives runtimes a moment to say what they can do
    with ThreadPoolExecutor(12) as pool:
        stuck = pool.submit(request, socket, "POST", "/containers/stuck/start")
        starts = [pool.submit(start, number) for number in range(STARTS)]
        began.wait(30)
        rounds = 0
        try:
            while not all(one.done() for one in starts):
                answers()
                rounds += 1
            assert not stuck.done()
            answers()
            assert len(request(socket, "GET", "/containers/json").json()) == STARTS
        finally:
            go.touch()
        for one in starts:
            one.result()
        assert stuck.result().status == 204
    assert rounds > 3
    wait_until(lambda: docker.field("stuck", "{{.State.Running}}") == "true", "the stuck one to run", 20)
