"""Published ports that change while the container runs: `dockyard update --publish-add`, `--publish-rm`."""

import socket

import pytest
from tests.e2e.network.test_ports import WEB, free_port, is_refused, page
from tests.peers.programs import Program
from tests.support.client import Docker
from tests.support.engine import PROGRAMS, Engine
from tests.support.http import request
from tests.support.wait import wait_until

pytestmark = pytest.mark.dockyard_only


def dockyard(docker: Docker) -> Docker:
    return Docker(Program(str(PROGRAMS / "dockyard"), (), docker.client.environment))


@pytest.mark.row("X10")
def test_a_port_comes_and_goes_while_another_one_serves_on(docker: Docker) -> None:
    first, second = free_port(), free_port()
    web = docker("run", "-d", "-p", f"{first}:80", *WEB)
    page("127.0.0.1", first)
    with socket.create_connection(("127.0.0.1", first)) as client:
        assert dockyard(docker)("update", "--publish-add", f"127.0.0.1:{second}:80", web) == web
        assert page("127.0.0.1", second) == page("127.0.0.1", first)
        assert f"80/tcp -> 127.0.0.1:{second}" in docker("port", web).splitlines()
        client.sendall(b"GET / HTTP/1.0\r\n\r\n")
        assert client.recv(100).startswith(b"HTTP/1.")
    dockyard(docker)("update", "--publish-rm", f"{first}:80", web)
    wait_until(lambda: is_refused("127.0.0.1", first), "the first port to be closed")
    page("127.0.0.1", second)
    docker("restart", "-t", "0", web)
    page("127.0.0.1", second)
    assert is_refused("127.0.0.1", first)
    assert docker.inspect(web)["HostConfig"]["PortBindings"] == {
        "80/tcp": [{"HostIp": "127.0.0.1", "HostPort": str(second)}]
    }


@pytest.mark.row("X10")
def test_another_port_of_the_container_takes_over_the_hosts(docker: Docker) -> None:
    port = free_port()
    pages = "echo one > /var/www/index.html; mkdir /b; echo two > /b/index.html"
    servers = "httpd -p 80 -h /var/www; exec httpd -f -p 81 -h /b"
    web = docker("run", "-d", "-p", f"{port}:80", "busybox", "sh", "-c", f"{pages}; {servers}")
    assert page("127.0.0.1", port) == b"one\n"
    dockyard(docker)("update", "--publish-rm", "80", "--publish-add", f"{port}:81", web)
    assert page("127.0.0.1", port) == b"two\n"


@pytest.mark.row("X10")
def test_a_taken_port_changes_nothing(docker: Docker) -> None:
    mine, taken = free_port(), free_port()
    docker("run", "-d", "-p", f"{taken}:80", "busybox", "sleep", "1000")
    web = docker("run", "-d", "-p", f"{mine}:80", *WEB)
    page("127.0.0.1", mine)
    before = docker.inspect(web)
    done = dockyard(docker).result("update", "--publish-rm", "80", "--publish-add", f"{taken}:80", web)
    assert done.code == 1
    assert "port is already allocated" in done.err
    page("127.0.0.1", mine)
    after = docker.inspect(web)
    assert after["NetworkSettings"]["Ports"] == before["NetworkSettings"]["Ports"]
    assert after["HostConfig"] == before["HostConfig"]
    with socket.socket() as probe, pytest.raises(OSError, match="in use"):
        probe.bind(("0.0.0.0", mine))


@pytest.mark.row("X10")
def test_a_stopped_container_gets_its_ports_with_the_next_start(docker: Docker) -> None:
    port = free_port()
    web = docker("create", *WEB)
    dockyard(docker)("update", "--publish-add", f"{port}:80", web)
    assert is_refused("127.0.0.1", port)
    docker("start", web)
    page("127.0.0.1", port)


def update(docker: Docker, container: str, body: object) -> tuple[int, str]:
    answer = request(docker.socket, "POST", f"/containers/{container}/update", body)
    return answer.status, answer.body.decode()


@pytest.mark.row("X10")
def test_what_cannot_be_is_refused(docker: Docker) -> None:
    web = docker("run", "-d", "busybox", "sleep", "1000")
    alone = docker("run", "-d", "--network", "none", "busybox", "sleep", "1000")
    shared = docker("run", "-d", "--network", f"container:{web}", "busybox", "sleep", "1000")
    assert update(docker, web, {"PublishRemove": {"80/tcp": None}})[0] == 404
    assert update(docker, web, {"PublishAdd": {"0/tcp": None}})[0] == 400
    assert update(docker, web, {"PublishAdd": {"80/tcp": [{"HostPort": "70000"}]}})[0] == 400
    assert update(docker, web, {"PublishAdd": ["80"]})[0] == 400
    assert update(docker, alone, {"PublishAdd": {"80/tcp": None}})[0] == 409
    assert update(docker, shared, {"PublishAdd": {"80/tcp": None}})[0] == 409
    assert docker("port", web) == ""


@pytest.mark.row("X10")
def test_changed_ports_survive_the_daemon(own_engine: Engine) -> None:
    docker, port = own_engine.docker, free_port()
    web = docker("run", "-d", *WEB)
    dockyard(docker)("update", "--publish-add", f"{port}:80", web)
    own_engine.kill()
    page("127.0.0.1", port)
    own_engine.start()
    page("127.0.0.1", port)
    dockyard(docker)("update", "--publish-rm", "80", web)
    wait_until(lambda: is_refused("127.0.0.1", port), "the port to be closed")
