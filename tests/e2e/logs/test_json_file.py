"""The json-file log, and `docker logs`."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.support.client import Docker
from tests.support.wait import wait_until


@pytest.mark.row("H1")
def test_each_line_is_an_object_with_log_stream_and_time(docker: Docker) -> None:
    container = docker(
        "run", "-d", "busybox", "sh", "-c", 'echo "a \\"quoted\\" line <&>"; echo err >&2; printf "no end"'
    )
    docker("wait", container)
    assert docker.info()["LoggingDriver"] == "json-file"
    lines = [json.loads(line) for line in Path(docker.field(container, "{{.LogPath}}")).read_text().splitlines()]
    assert {(line["log"], line["stream"]) for line in lines} == {
        ('a "quoted" line <&>\n', "stdout"),
        ("err\n", "stderr"),
        ("no end", "stdout"),
    }
    now = datetime.now(UTC)
    for line in lines:
        assert set(line) == {"log", "stream", "time"}
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z", line["time"])
        moment = datetime.fromisoformat(line["time"][:19] + "+00:00")
        assert abs((now - moment).total_seconds()) < 60


@pytest.mark.row("H1")
def test_logs_gives_both_streams(docker: Docker) -> None:
    container = docker("run", "-d", "busybox", "sh", "-c", "echo out; echo err >&2")
    docker("wait", container)
    assert docker.result("logs", container) == (0, "out\n", "err\n")


def test_tail_since_until_timestamps(docker: Docker) -> None:
    container = docker("run", "-d", "busybox", "sh", "-c", "for i in 1 2 3 4 5; do echo $i; sleep 0.1; done")
    docker("wait", container)
    assert docker("logs", "--tail", "2", container).split() == ["4", "5"]
    assert docker("logs", "--tail", "0", container) == ""
    stamped = [line.split(" ", 1) for line in docker("logs", "-t", container).splitlines()]
    assert [text for _, text in stamped] == ["1", "2", "3", "4", "5"]
    third = stamped[2][0]
    assert docker("logs", "--since", third, container).split() == ["3", "4", "5"]
    assert docker("logs", "--until", third, container).split() == ["1", "2", "3"]


def test_follow_ends_with_the_container(docker: Docker) -> None:
    container = docker("run", "-d", "busybox", "sh", "-c", "for i in 1 2 3; do echo $i; sleep 0.2; done")
    assert docker("logs", "-f", container).split() == ["1", "2", "3"]


def test_rotation_keeps_the_newest(docker: Docker) -> None:
    options = ("--log-opt", "max-size=10k", "--log-opt", "max-file=3")
    container = docker("run", "-d", *options, "busybox", "sh", "-c", "for i in $(seq 2000); do echo line $i; done")
    docker("wait", container)
    path = Path(docker.field(container, "{{.LogPath}}"))
    wait_until(lambda: docker("logs", "--tail", "1", container) == "line 2000", "the last line")
    files = sorted(name.name for name in path.parent.glob(f"{path.name}*"))
    assert files == [path.name, f"{path.name}.1", f"{path.name}.2"]
    assert all(file.stat().st_size <= 11_000 for file in path.parent.glob(f"{path.name}*"))
    shown = docker("logs", container).splitlines()
    assert shown == [f"line {number}" for number in range(2001 - len(shown), 2001)]
    assert len(shown) > 200


def test_log_driver_none_has_no_log(docker: Docker) -> None:
    container = docker("run", "-d", "--log-driver", "none", "busybox", "echo", "hello")
    docker("wait", container)
    assert docker.field(container, "{{.LogPath}}") == ""
    result = docker.result("logs", container)
    assert result.code == 1
    assert "configured logging driver does not support reading" in result.err


def test_long_and_broken_lines_are_kept_whole(docker: Docker) -> None:
    script = "head -c 40000 /dev/zero | tr '\\0' x; echo; printf '\\377\\376 bytes\\n'"
    container = docker("run", "-d", "busybox", "sh", "-c", script)
    docker("wait", container)
    lines = [json.loads(line)["log"] for line in Path(docker.field(container, "{{.LogPath}}")).read_text().splitlines()]
    assert [len(line) for line in lines[:3]] == [16384, 16384, 40001 - 2 * 16384]
    assert "".join(lines[:3]) == "x" * 40000 + "\n"
    assert lines[3] == "\ufffd\ufffd bytes\n"
    assert docker("logs", container).splitlines()[0] == "x" * 40000
