"""The fluentd driver against the forward server of fluentd's own library."""

import time
from pathlib import Path

import pytest
from tests.support.client import Docker
from tests.support.receivers.fluentd import Fluentd, fluentd
from tests.support.wait import wait_until

LINES = "i=0; while [ $i -lt 200 ]; do echo line $i; i=$((i+1)); usleep 5000; done"


def run(docker: Docker, receiver: Fluentd, *options: str, script: str, wait: bool = True) -> str:
    more = [word for option in (f"fluentd-address={receiver.address}", *options) for word in ("--log-opt", option)]
    container = docker("run", "-d", "--log-driver", "fluentd", *more, "-e", "ROLE=r", "busybox", "sh", "-c", script)
    if wait:
        docker("wait", container)
    return container


@pytest.mark.row("H2")
@pytest.mark.peer("fluent")
@pytest.mark.parametrize(("unix", "options"), [(False, ()), (True, ("fluentd-request-ack=true",))])
def test_records_have_docker_s_fields(docker: Docker, tmp_path: Path, unix: bool, options: tuple[str, ...]) -> None:
    script = "echo to stdout; echo to stderr >&2; head -c 20000 /dev/zero | tr '\\0' x; echo; echo the end"
    with fluentd(tmp_path, unix=unix) as receiver:
        container = run(
            docker,
            receiver,
            *options,
            "env=ROLE",
            "tag=docker.{{.Name}}",
            "fluentd-sub-second-precision=true",
            script=script,
        )
        wait_until(lambda: {"to stderr", "the end"} <= set(receiver.texts()), "the last lines to arrive")
        events = {event["record"]["log"][:10]: event for event in receiver.events()}
        name = docker.field(container, "{{.Name}}")
        assert events["to stdout"]["tag"] == f"docker.{name[1:]}"
        assert events["to stdout"]["record"] == {
            "container_id": container,
            "container_name": name,
            "source": "stdout",
            "log": "to stdout",
            "ROLE": "r",
        }
        assert events["to stderr"]["record"]["source"] == "stderr"
        seconds, nanoseconds = events["the end"]["time"]
        assert abs(time.time() - seconds) < 60
        assert nanoseconds > 0
        pieces = [event["record"] for event in receiver.events() if "partial_id" in event["record"]]
        assert "".join(piece["log"] for piece in pieces) == "x" * 20_000
        assert [piece["partial_last"] for piece in pieces] == ["false", "true"]
        assert [piece["partial_ordinal"] for piece in pieces] == ["1", "2"]


def test_a_start_without_receiver_fails_unless_it_is_async(docker: Docker, tmp_path: Path) -> None:
    with fluentd(tmp_path, started=False) as receiver:
        log = ("--log-driver", "fluentd", "--log-opt", f"fluentd-address={receiver.address}")
        refused = docker.result("run", *log, "busybox", "true")
        assert refused.code == 125
        assert f"dial tcp {receiver.address}: connect: connection refused" in refused.err
        run(docker, receiver, "fluentd-async=true", script="echo early")
        receiver.start()
        wait_until(lambda: receiver.texts() == ["early"], "what was said before the receiver came")


@pytest.mark.row("H2")
@pytest.mark.dockyard_only("Docker loses what it has written to a dead connection")
@pytest.mark.peer("fluent")
@pytest.mark.parametrize("options", [(), ("fluentd-request-ack=true",)])
def test_nothing_is_lost_when_the_receiver_is_killed(docker: Docker, tmp_path: Path, options: tuple[str, ...]) -> None:
    with fluentd(tmp_path) as receiver:
        container = run(docker, receiver, "fluentd-retry-wait=100ms", *options, script=LINES, wait=False)
        wait_until(lambda: len(receiver.texts()) > 50, "the first lines")
        receiver.process.kill()
        docker("wait", container)
        receiver.start()
        wait_until(lambda: "line 199" in receiver.texts(), "the last line")
        assert set(receiver.texts()) == {f"line {number}" for number in range(200)}


def test_entries_are_given_up_after_max_retries(docker: Docker, tmp_path: Path) -> None:
    options = ("fluentd-async=true", "fluentd-max-retries=1", "fluentd-retry-wait=10ms")
    with fluentd(tmp_path, started=False) as receiver:
        container = run(docker, receiver, *options, script="echo lost; sleep 1; echo kept; read x", wait=False)
        wait_until(lambda: docker("logs", container) == "lost", "the first line")
        time.sleep(0.4)
        receiver.start()
        wait_until(lambda: receiver.texts() == ["kept"], "the second line")
