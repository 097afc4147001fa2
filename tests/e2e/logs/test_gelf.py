"""The gelf driver against a receiver that refuses what the format forbids."""

import os
import time
from pathlib import Path

import pytest
from tests.support.client import Docker
from tests.support.receivers.gelf import gelf
from tests.support.wait import wait_until


@pytest.mark.row("H2")
@pytest.mark.parametrize(
    ("network", "options", "compressed"),
    [
        ("udp", (), True),
        ("udp", ("gelf-compression-type=zlib", "gelf-compression-level=9"), True),
        ("udp", ("gelf-compression-type=none",), False),
        ("tcp", (), False),
    ],
)
def test_messages_have_docker_s_fields(
    docker: Docker, tmp_path: Path, network: str, options: tuple[str, ...], compressed: bool
) -> None:
    # What random letters are compressed to needs several chunks, too.
    script = "echo to stdout; echo to stderr >&2; head -c 9000 /dev/urandom | base64 -w 0; echo; echo the end"
    with gelf(tmp_path, network) as receiver:
        chosen = (f"gelf-address={receiver.address}", "labels=role", *options)
        more = [word for option in chosen for word in ("--log-opt", option)]
        container = docker(
            "run", "-d", "--log-driver", "gelf", *more, "--label", "role=r", "busybox", "sh", "-c", script
        )
        wait_until(lambda: {"to stderr", "the end"} <= set(receiver.texts()), "the last lines to arrive")
        lines = {line["message"]["short_message"]: line for line in receiver.lines()}
        message = lines["to stdout"]["message"]
        assert abs(time.time() - message.pop("timestamp")) < 60
        assert message.pop("_created").endswith("Z")
        assert message == {
            "version": "1.1",
            "host": os.uname().nodename,
            "short_message": "to stdout",
            "level": 6,
            "_container_id": container,
            "_container_name": docker.field(container, "{{.Name}}")[1:],
            "_image_id": docker.field(container, "{{.Image}}"),
            "_image_name": "busybox",
            "_command": f"sh -c {script}",
            "_tag": container[:12],
            "_role": "r",
        }
        assert lines["to stderr"]["message"]["level"] == 3
        assert lines["the end"]["compressed"] == compressed
        docker("wait", container)
        assert sorted(receiver.texts()) == sorted([*docker.result("logs", container).out.splitlines(), "to stderr"])


@pytest.mark.row("H2")
@pytest.mark.dockyard_only("Docker loses what it has written to a dead connection")
@pytest.mark.parametrize("network", ["udp", "tcp"])
def test_a_receiver_that_is_killed_and_comes_again_misses_nothing(docker: Docker, tmp_path: Path, network: str) -> None:
    script = "i=0; while [ $i -lt 200 ]; do echo line $i; i=$((i+1)); usleep 5000; done"
    with gelf(tmp_path, network) as receiver:
        options = ("--log-driver", "gelf", "--log-opt", f"gelf-address={receiver.address}")
        container = docker("run", "-d", *options, "busybox", "sh", "-c", script)
        wait_until(lambda: len(receiver.texts()) > 50, "the first lines")
        receiver.process.kill()
        docker("wait", container)
        receiver.start()
        wait_until(lambda: "line 199" in receiver.texts(), "the last line")
        assert set(receiver.texts()) == {f"line {number}" for number in range(200)}
