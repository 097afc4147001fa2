"""Builds that end before their time: the client goes, the daemon is killed. Nothing runs on, nothing is lost."""

import os
import random
import signal
import time
from pathlib import Path

from tests.e2e.builds.conftest import classic
from tests.support.build import Builder
from tests.support.engine import Engine
from tests.support.wait import wait_until


def test_a_client_that_leaves_ends_its_build(own_engine: Engine, tmp_path: Path) -> None:
    build = Builder(classic(own_engine.docker), tmp_path)
    folder = build.context({"Dockerfile": "FROM busybox\nRUN echo done-before > /x\nRUN echo begun; sleep 1000\n"})
    process = build.docker.start("build", "--network=none", str(folder))
    wait_until(lambda: "sleep 1000" in build.docker("ps", "--no-trunc"), "the command", 15)
    process.send_signal(signal.SIGINT)
    process.wait(10)
    wait_until(lambda: build.docker("ps", "-aq") == "", "the end of the command", 10)
    wait_until(lambda: not list((own_engine.data / "tmp").glob("build-*")), "the context to go", 10)
    again = build.log("FROM busybox\nRUN echo done-before > /x\n", None, "--network=none")
    assert " ---> Using cache\n" in again


def test_a_killed_daemon_leaves_no_build_behind(own_engine: Engine, tmp_path: Path) -> None:
    build = Builder(classic(own_engine.docker), tmp_path)
    folder = build.context({"Dockerfile": "FROM busybox\nRUN echo kept > /x\nRUN echo begun; sleep 1000\n"})
    process = build.docker.start("build", "--network=none", str(folder))
    wait_until(lambda: "sleep 1000" in build.docker("ps", "--no-trunc"), "the command", 15)
    own_engine.restart()
    assert process.wait(10) != 0
    wait_until(lambda: build.docker("ps", "-aq") == "", "the end of the command", 10)
    wait_until(lambda: not os.listdir(own_engine.data / "tmp"), "the rest to go", 10)
    assert " ---> Using cache\n" in build.log("FROM busybox\nRUN echo kept > /x\n", None, "--network=none")


def test_a_slow_reader_holds_up_a_command_that_says_much(build: Builder) -> None:
    folder = build.context({"Dockerfile": "FROM busybox\nRUN yes | head -c 30000000; echo finished\n"})
    process = build.docker.start("build", "--network=none", str(folder))
    time.sleep(1.5)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert out.count(b"y\n") >= 15_000_000
    assert b"finished" in out


def test_a_stage_that_says_much_waits_for_those_that_are_told_before_it(build: Builder) -> None:
    dockerfile = """FROM busybox AS quiet
RUN sleep 2; echo quiet > /q
FROM busybox AS loud
RUN yes | head -c 20000000; echo loud > /l
FROM busybox
COPY --from=quiet /q /
COPY --from=loud /l /
"""
    log = build.log(dockerfile, None, "--network=none")
    assert log.count("y\n") >= 10_000_000
    assert log.index("AS quiet") < log.index("y\ny\n")


def test_a_daemon_killed_between_steps_leaves_no_container(own_engine: Engine, tmp_path: Path) -> None:
    """At any instant, also when what a command wrote has become a layer and its container isn't removed yet."""
    build = Builder(classic(own_engine.docker), tmp_path)
    for attempt in range(4):
        lines = "".join(f"RUN echo {attempt}.{step} > /x\n" for step in range(40))
        folder = build.context({"Dockerfile": f"FROM busybox\n{lines}"})
        process = build.docker.start("build", "--network=none", str(folder))
        time.sleep(random.uniform(0.7, 1.4))
        own_engine.restart()
        process.communicate(timeout=20)
        build.docker("system", "df", "-v")
        build.docker("ps", "-as")
        wait_until(lambda: build.docker("ps", "-aq") == "", "the commands to go", 10)


def test_a_killed_daemon_leaves_what_a_build_has_kept(own_engine: Engine, tmp_path: Path) -> None:
    build = Builder(classic(own_engine.docker), tmp_path)
    build.log("FROM busybox\nRUN echo kept > /k\n", None, "--network=none", "--rm=false")
    assert build.result("FROM busybox\nRUN exit 3\n", None, "--network=none").code
    before = build.docker("ps", "-aq")
    assert len(before.split()) == 2
    own_engine.restart()
    time.sleep(0.5)
    assert build.docker("ps", "-aq") == before
    build.docker("start", *before.split())  # it is a container as others now
    build.docker("wait", *before.split())
