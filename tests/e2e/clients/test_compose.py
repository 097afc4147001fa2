"""Docker Compose v2, the real program: stacks come up, are looked at, changed and taken down."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.e2e.clients.composed import Project, project
from tests.peers import busybox_image
from tests.support.engine import Engine, dockyard_engine
from tests.support.wait import wait_until

pytestmark = [pytest.mark.peer("compose"), pytest.mark.dockyard_only, pytest.mark.slow]


@pytest.fixture(scope="module")
def apart(bridge_name: str) -> Iterator[Engine]:
    """An engine in a network of its own: projects publish fixed ports and have fixed subnets."""
    with dockyard_engine(f"{bridge_name}c", own_network=True) as engine:
        engine.docker("load", "-i", str(busybox_image()))
        yield engine


@pytest.fixture
def web(apart: Engine, tmp_path: Path) -> Iterator[Project]:
    with project(apart, "web", tmp_path) as made:
        yield made


@pytest.fixture
def many(apart: Engine, tmp_path: Path) -> Iterator[Project]:
    with project(apart, "many", tmp_path) as made:
        yield made


@pytest.mark.row("L6")
def test_a_stack_lives(web: Project) -> None:
    web("up", "-d")
    states = {name: (one["State"], one["Health"]) for name, one in web.containers().items()}
    assert states == {"db-1": ("running", "healthy"), "page-1": ("running", "")}
    assert web.fetch("http://127.0.0.1:8080/index.html") == "hello world\n"
    assert web("exec", "-T", "db", "wget", "-qO-", "http://page/index.html") == "hello world"
    assert web("exec", "-T", "db", "cat", "/given/file") == "given by the host"
    assert web("exec", "-T", "db", "sh", "-c", "touch /given/x 2>&1 || echo read-only").endswith("read-only")
    assert sorted(web("logs", "--no-color", "--no-log-prefix").splitlines()) == ["ready", "serving", "starting"]
    assert web("port", "page", "80") == "0.0.0.0:8080"
    assert web("run", "--rm", "tool") == "a tool"
    assert web("run", "--rm", "-T", "db", "cat", stdin="through\n") == "through"

    before = web.ids()
    web("up", "-d")
    assert web.ids() == before, "a second `up` of the same file changes nothing"
    web("restart", "page", "--timeout", "0")
    web("stop", "--timeout", "0")
    assert {one["State"] for one in web.containers().values()} == {"exited"}
    web("start")
    wait_until(lambda: web.fetch("http://127.0.0.1:8080/index.html") == "hello world\n", "the page again", 10)
    assert web.ids() == before

    web("exec", "-T", "db", "sh", "-c", "echo kept > /data/file")
    web("up", "-d", "--force-recreate", "--timeout", "0", "db")
    assert web.ids()["db-1"] != before["db-1"]
    assert web("exec", "-T", "db", "cat", "/data/file") == "kept"
    web("up", "-d", "--scale", "db=3", "--no-recreate")
    assert sorted(web.ids()) == ["db-1", "db-2", "db-3", "page-1"]

    web("down", "--volumes", "--timeout", "0")
    assert web.ids() == {}
    docker = web.engine.docker
    assert docker("volume", "ls", "-q") == ""
    assert docker("network", "ls", "--format", "{{.Name}}").split() == ["bridge", "host", "none"]


def test_options_of_a_compose_file(many: Project) -> None:
    many("up", "-d")
    docker = many.engine.docker
    script = "cat /etc/text /run/secrets/word /proc/sys/net/core/somaxconn; ulimit -n; grep -o .*elsewhere /etc/hosts"
    told = many("exec", "-T", "a", "sh", "-c", f"{script}; grep -c ' /scratch tmpfs' /proc/mounts").splitlines()
    assert told == ["some text", "a secret word", "100", "1000", "1.2.3.4\telsewhere", "1"]
    host = docker.inspect("many-a-1")["HostConfig"]
    assert (host["Memory"], host["NanoCpus"], host["LogConfig"]["Config"]) == (64 << 20, 500000000, {"max-size": "1m"})
    wait_until(lambda: "reached both" in many("logs", "b"), "the names of a in two networks", 10)
    assert many("exec", "-T", "b", "ps", "-o", "args").count("a runs") == 1
    many("exec", "-T", "b", "touch", "/named/x")
    assert many("exec", "-T", "c", "ls", "/named") == "x"
    wait_until(lambda: "cc" in many("logs", "--no-log-prefix", "once"), "the hostname of whose network it shares", 5)
    many("--profile", "more", "up", "-d", "after")
    wait_until(lambda: "after" in many("logs", "after"), "what waits for a success", 5)

    before = many.ids()
    many("--profile", "more", "up", "-d")
    assert many.ids() == before
    many("kill", "-s", "TERM", "a")
    wait_until(lambda: many.containers()["a-1"]["ExitCode"] == 3, "the exit code of a's trap", 5)
    assert "told to end" in many("logs", "a")


def test_the_rest_of_the_verbs(many: Project, tmp_path: Path) -> None:
    many("up", "-d", "c")
    docker = many.engine.docker
    many("pause", "c")
    assert many.containers()["c-1"]["State"] == "paused"
    many("unpause", "c")
    (tmp_path / "file").write_text("copied")
    many("cp", str(tmp_path / "file"), "c:/named/file")
    assert many("exec", "-T", "c", "cat", "/named/file") == "copied"
    many("cp", "c:/named/file", str(tmp_path / "back"))
    assert (tmp_path / "back").read_text() == "copied"
    assert "sleep 1000" in many("top", "c")
    assert json.loads(many("ls", "--format", "json"))[0]["Status"] == "running(1)"
    assert json.loads(many("images", "--format", "json", "c"))[0]["Repository"] == "busybox"
    assert "many-c-1" in many("stats", "--no-stream", "--format", "{{.Name}}")
    many("commit", "c", "changed:1")
    many("export", "-o", str(tmp_path / "root.tar"), "c")
    assert (tmp_path / "root.tar").stat().st_size > 1 << 20
    told = many.run("events", "--json", "--since", "1m", "--until", "0s").stdout  # of Docker's, too, the exit code is 1
    events = [json.loads(line) for line in told.splitlines()]
    assert {"create", "start", "pause", "unpause"} <= {one["action"] for one in events if one["service"] == "c"}
    many("rm", "--stop", "--force", "c")
    assert many.ids() == {}
    docker("rmi", "changed:1")
