"""The distribution's own nginx, PostgreSQL and Redis as one Compose stack, while the daemon dies and comes back.

Two networks, one of them internal, aliases, published ports, named volumes, a start in the order of health.
"""

import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.e2e.clients.composed import Project, project
from tests.peers import busybox_image, services_image
from tests.support.engine import Engine, dockyard_engine
from tests.support.wait import wait_until

ASK = """
import socket
connection = socket.create_connection(("127.0.0.1", 6379), 5)
connection.sendall(b"GET word\\r\\n")
print(connection.recv(99))
"""


@pytest.fixture(scope="module")
def apart(bridge_name: str) -> Iterator[Engine]:
    """An engine in a network of its own, with the image of the services."""
    with dockyard_engine(f"{bridge_name}s", own_network=True) as engine:
        for image in (busybox_image(), services_image()):
            engine.docker("load", "-i", str(image))
        yield engine


@pytest.fixture
def stack(apart: Engine, tmp_path: Path) -> Iterator[Project]:
    with project(apart, "services", tmp_path) as made:
        yield made


@pytest.mark.row("L6")
@pytest.mark.peer("compose", "services")
@pytest.mark.dockyard_only
@pytest.mark.slow
def test_services_outlive_the_daemon(stack: Project) -> None:
    stack("up", "-d", timeout_seconds=120)
    assert {one["State"] for one in stack.containers().values()} == {"running"}
    write(stack)
    assert_served(stack)

    before = stack.ids()
    stack.engine.kill(signal.SIGKILL)
    assert stack.fetch("http://127.0.0.1:8080/app/index.html") == "made by the app\n"
    assert "b'$4\\r\\nkept" in stack.engine.in_network(sys.executable, "-c", ASK)
    stack.engine.start()
    assert stack.ids() == before
    assert_served(stack)
    stack("up", "-d")
    assert stack.ids() == before, "nothing has changed for Compose"

    # what comes back at another address is found by its name
    stack("up", "-d", "--force-recreate", "--no-deps", "app", "db")
    wait_until(lambda: stack.containers()["db-1"]["Health"] == "healthy", "a healthy database", 20)
    wait_until(lambda: "made by the app" in page(stack), "the app through nginx", 10)
    assert_served(stack)

    stack("down")
    stack("up", "-d", timeout_seconds=120)
    assert_served(stack)


def write(stack: Project) -> None:
    """Something into each volume."""
    stack(
        "exec", "-T", "web", "psql", "-h", "database", "-U", "postgres", "-qc", "create table t as select 42 as answer"
    )
    stack("exec", "-T", "web", "redis-cli", "-h", "quick", "set", "word", "kept")
    stack.engine.docker("run", "--rm", "-v", "services_pages:/p", "busybox", "sh", "-c", "echo a page > /p/index.html")


def assert_served(stack: Project) -> None:
    """Each service is reached by name, alias and published port, and has what was written; the internal is internal."""
    assert stack.fetch("http://127.0.0.1:8080/") == "a page\n"
    assert page(stack) == "made by the app\n"
    answer = stack("exec", "-T", "web", "psql", "-h", "database", "-U", "postgres", "-tAc", "select answer from t")
    assert answer == "42"
    for name in ("quick", "cache", "services-cache-1"):
        assert stack("exec", "-T", "web", "redis-cli", "-h", name, "get", "word") == "kept"
    assert "b'$4\\r\\nkept" in stack.engine.in_network(sys.executable, "-c", ASK)
    addresses = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}"
    database = stack.engine.docker.field("services-db-1", addresses)
    assert stack.run("exec", "-T", "outsider", "nc", "-w1", database, "5432").returncode != 0
    assert stack.run("exec", "-T", "app", "nc", "-w1", database, "5432").returncode == 0
    assert stack("exec", "-T", "outsider", "wget", "-qO-", "http://web/") == "a page"


def page(stack: Project) -> str:
    return stack.fetch("http://127.0.0.1:8080/app/index.html")
