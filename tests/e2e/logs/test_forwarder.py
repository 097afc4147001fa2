"""What shims have written arrives, whoever is killed meanwhile; and what a log driver may do to a container."""

import json
import os
import signal
import time
from pathlib import Path

import pytest
from tests.support.client import Docker
from tests.support.engine import Engine, is_alive
from tests.support.receivers.fluentd import fluentd
from tests.support.receivers.gelf import gelf
from tests.support.receivers.splunk import TOKEN, splunk
from tests.support.wait import wait_until

pytestmark = [pytest.mark.dockyard_only("about the forwarder"), pytest.mark.row("H2")]


def counting(lines: int) -> tuple[str, ...]:
    return ("busybox", "sh", "-c", f"i=0; while [ $i -lt {lines} ]; do echo line $i; i=$((i+1)); usleep 4000; done")


def forwarder_pid(engine: Engine) -> int:
    pid: int = json.loads((engine.run / "log-forwarder.json").read_text())["pid"]
    return pid


def spools(engine: Engine) -> list[str]:
    return os.listdir(engine.data / "logs")


def test_nothing_is_lost_when_daemon_and_forwarder_are_killed(own_engine: Engine, tmp_path: Path) -> None:
    docker = own_engine.docker
    with splunk(tmp_path) as receiver:
        options = ("--log-opt", f"splunk-url={receiver.url}", "--log-opt", f"splunk-token={TOKEN}")
        container = docker("run", "-d", "--log-driver", "splunk", *options, *counting(300))
        wait_until(lambda: len(receiver.events()) > 20, "the first lines")
        own_engine.kill()
        arrived = len(receiver.events())
        wait_until(lambda: len(receiver.events()) > arrived + 30, "lines to arrive while the daemon is dead")
        os.kill(forwarder_pid(own_engine), signal.SIGKILL)
        own_engine.start()
        docker("wait", container)
        wait_until(lambda: any(event["event"]["line"] == "line 299" for event in receiver.events()), "the last line")
        assert {event["event"]["line"] for event in receiver.events()} == {f"line {number}" for number in range(300)}
        assert len(receiver.events()) < 2 * 300  # what was sent since the position was written down last comes twice
        assert docker("logs", container).splitlines() == [f"line {number}" for number in range(300)]


def test_a_killed_forwarder_is_started_again_and_ends_when_there_is_nothing_to_do(
    own_engine: Engine, tmp_path: Path
) -> None:
    docker = own_engine.docker
    with gelf(tmp_path, "tcp") as receiver:
        container = docker(
            "run", "-d", "--log-driver", "gelf", "--log-opt", f"gelf-address={receiver.address}", *counting(300)
        )
        wait_until(lambda: len(receiver.texts()) > 20, "the first lines")
        first = forwarder_pid(own_engine)
        os.kill(first, signal.SIGKILL)
        wait_until(lambda: "line 299" in receiver.texts(), "the last line")
        assert set(receiver.texts()) == {f"line {number}" for number in range(300)}
        second = forwarder_pid(own_engine)
        assert second != first
        docker("rm", "-f", container)
        wait_until(lambda: not spools(own_engine), "the spool to be removed")
        wait_until(lambda: not is_alive(second), "the forwarder to end", 15)


def test_what_a_removed_container_said_arrives_later(docker: Docker, engine: Engine, tmp_path: Path) -> None:
    with fluentd(tmp_path, started=False) as receiver:
        options = ("--log-opt", f"fluentd-address={receiver.address}", "--log-opt", "fluentd-async=true")
        short = ("--log-opt", "fluentd-retry-wait=100ms")
        docker("run", "--rm", "--log-driver", "fluentd", *options, *short, "busybox", "echo", "last words")
        assert spools(engine)
        receiver.start()
        wait_until(lambda: receiver.texts() == ["last words"], "them to arrive")
        wait_until(lambda: not spools(engine), "the spool to be removed")


def test_without_the_cache_nothing_is_read_back_nor_kept(docker: Docker, engine: Engine, tmp_path: Path) -> None:
    with gelf(tmp_path, "tcp") as receiver:
        options = ("--log-opt", f"gelf-address={receiver.address}", "--log-opt", "cache-disabled=true")
        container = docker("run", "-d", "--log-driver", "gelf", *options, *counting(20))
        wait_until(lambda: "line 19" in receiver.texts(), "the last line")
        result = docker.result("logs", container)
        assert result.code == 1
        assert "configured logging driver does not support reading" in result.err
        assert not (engine.data / "containers" / container / "container-cached.log").exists()


def test_in_blocking_mode_the_container_waits_for_a_receiver_that_is_gone(
    docker: Docker, engine: Engine, tmp_path: Path
) -> None:
    """The spool takes 100 MiB; then the container's own write(2) waits, as with any of Docker's blocking drivers."""
    with gelf(tmp_path, "tcp") as receiver:
        options = ("--log-opt", f"gelf-address={receiver.address}")
        script = "read x; yes {'0123456789' * 7} | head -c 160000000"
        container = docker("run", "-di", "--log-driver", "gelf", *options, "busybox", "sh", "-c", f"{script}; echo end")
        receiver.process.kill()
        docker("exec", container, "sh", "-c", "echo > /proc/1/fd/0")
        spool = engine.data / "logs" / container

        def spooled() -> int:
            return sum(path.stat().st_size for path in spool.iterdir() if path.name.isdecimal())

        wait_until(lambda: spooled() > 100 << 20, "the spool to be full", 30)
        time.sleep(0.5)
        assert docker.field(container, "{{.State.Running}}") == "true"
        assert spooled() < 130 << 20
        docker("rm", "-f", container)


def test_in_non_blocking_mode_the_container_never_waits_and_entries_are_dropped(
    docker: Docker, engine: Engine, tmp_path: Path
) -> None:
    with gelf(tmp_path, "tcp") as receiver:
        options = ("--log-opt", f"gelf-address={receiver.address}", "--log-opt", "mode=non-blocking")
        size = ("--log-opt", "max-buffer-size=100k")
        script = "read x; i=0; while [ $i -lt 20000 ]; do echo line $i; i=$((i+1)); done"
        container = docker("run", "-di", "--log-driver", "gelf", *options, *size, "busybox", "sh", "-c", script)
        receiver.process.kill()
        docker("exec", container, "sh", "-c", "echo > /proc/1/fd/0")
        docker("wait", container)  # with the receiver dead
        assert docker("logs", "--tail", "1", container) == "line 19999"
        receiver.start()
        log = engine.run / "log-forwarder.log"
        wait_until(
            lambda: f"container {container[:12]}: gelf" in log.read_text() and receiver.texts(), "some to arrive"
        )
        wait_until(lambda: "entries were dropped" in log.read_text(), "the rest to be given up")
        texts = receiver.texts()
        assert 1000 < len(set(texts)) < 15000
        assert "line 0" in texts  # the oldest are kept, as by Docker's ring buffer
