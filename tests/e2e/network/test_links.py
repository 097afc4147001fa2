"""`--link` on the default bridge: hosts, environment, addresses that change; the same tests hold against Docker."""

import secrets
from collections.abc import Callable

import pytest
from tests.support.client import Docker
from tests.support.engine import Engine
from tests.support.wait import wait_until


def unique(name: str) -> str:
    return f"{name}{secrets.token_hex(4)}"


@pytest.mark.row("G9")
def test_a_linked_container_is_known_by_its_alias(docker: Docker, sleeper: Callable[..., str]) -> None:
    name, own = unique("db"), unique("web")
    db = sleeper("--expose", "5432", "-e", "MODE=fast", "--hostname", "postgres", name=name)
    address = docker.inspect(db)["NetworkSettings"]["Networks"]["bridge"]["IPAddress"]
    docker("run", "-d", "--name", own, "--link", f"{name}:pg", "busybox", "sleep", "1000")
    assert f"{address}\tpg postgres {name}" in docker("exec", own, "cat", "/etc/hosts")
    assert docker("exec", own, "ping", "-c", "1", "pg")
    variables = docker("exec", own, "cat", "/proc/1/environ").split("\0")
    assert {f"PG_PORT=tcp://{address}:5432", f"PG_NAME=/{own}/pg", "PG_ENV_MODE=fast"} <= set(variables)
    assert docker.inspect(own)["HostConfig"]["Links"] == [f"/{name}:/{own}/pg"]
    assert (
        docker("ps", "--no-trunc", "--filter", f"id={db}", "--format", "{{.Names}}").split(",").count(f"{own}/pg") == 1
    )


@pytest.mark.row("G9")
def test_a_link_follows_the_container(docker: Docker, sleeper: Callable[..., str]) -> None:
    name, own = unique("db"), unique("web")
    db = sleeper(name=name)
    docker("run", "-d", "--name", own, "--link", f"{name}:pg", "busybox", "sleep", "1000")
    docker("exec", own, "sh", "-c", "echo '10.9.8.7 mine' >> /etc/hosts")
    docker("stop", "-t", "0", db)
    sleeper()  # takes the address that has become free
    docker("start", db)
    address = docker.inspect(db)["NetworkSettings"]["Networks"]["bridge"]["IPAddress"]
    wait_until(lambda: f"{address}\tpg" in docker("exec", own, "cat", "/etc/hosts"), "the new address")
    hosts = docker("exec", own, "cat", "/etc/hosts")
    assert hosts.count("\tpg ") == 1
    assert "10.9.8.7 mine" in hosts
    docker("rename", name, f"{name}x")
    assert docker.inspect(own)["HostConfig"]["Links"] == [f"/{name}x:/{own}/pg"]
    docker("rm", "--link", f"{own}/pg")
    assert docker.inspect(own)["HostConfig"]["Links"] in (None, [])


@pytest.mark.row("G9")
def test_links_that_cannot_be(docker: Docker, sleeper: Callable[..., str]) -> None:
    nobody = docker.result("run", "--link", "nobody-at-all:x", "busybox", "true")
    assert nobody.code == 125
    assert "could not get container for nobody-at-all: No such container: nobody-at-all" in nobody.err
    name, own = unique("db"), unique("web")
    db = sleeper(name=name)
    docker("create", "--name", own, "--link", name, "busybox", "true")
    docker("kill", db)
    refused = docker.result("start", own)
    assert f"Cannot link to a non running container: /{name} AS /{own}/{name}" in refused.err


@pytest.mark.row("G9")
@pytest.mark.row("G6")
def test_on_a_network_of_a_user_a_link_is_a_name(docker: Docker, sleeper: Callable[..., str]) -> None:
    network, name = unique("net"), unique("db")
    docker("network", "create", network)
    try:
        db = sleeper("--network", network, name=name)
        address = docker.inspect(db)["NetworkSettings"]["Networks"][network]["IPAddress"]
        linked = sleeper("--network", network, "--link", f"{name}:pg")
        other = sleeper("--network", network)
        assert address in docker("exec", linked, "nslookup", "pg")
        assert docker.result("exec", other, "nslookup", "pg").code != 0
    finally:
        docker.result("rm", "-f", *docker("ps", "-aq", "--filter", f"network={network}").split())
        docker("network", "rm", network)


@pytest.mark.row("G9")
@pytest.mark.dockyard_only
def test_a_link_opens_the_exposed_ports_where_containers_do_not_reach_each_other(
    make_engine: Callable[..., Engine],
) -> None:
    docker = make_engine("--icc=false", own_network=True).docker
    page = "mkdir /www; echo page >/www/index.html; httpd -h /www -p 80; exec httpd -f -h /www -p 81"
    docker("run", "-d", "--expose", "80", "--name", "db", "busybox", "sh", "-c", page)
    address = docker.inspect("db")["NetworkSettings"]["Networks"]["bridge"]["IPAddress"]
    run = docker.result("run", "-d", "--link", "db:pg", "busybox", "sleep", "1000")
    assert "Links" not in run.err
    linked = run.out.strip()
    other = docker("run", "-d", "busybox", "sleep", "1000")

    def fetched(client: str, server: str, port: int = 80) -> bool:
        get = f"printf 'GET /index.html HTTP/1.0\\r\\n\\r\\n' | nc -w 1 {server} {port}"
        return "page" in docker.result("exec", client, "sh", "-c", get).out

    wait_until(lambda: fetched(linked, address), "the linked container's page")
    assert not fetched(linked, address, 81)
    assert not fetched(other, address)
    docker("stop", "-t", "0", "db")
    docker("run", "-d", "busybox", "sleep", "1000")  # takes the address that has become free
    docker("start", "db")
    moved = docker.inspect("db")["NetworkSettings"]["Networks"]["bridge"]["IPAddress"]
    assert moved != address
    wait_until(lambda: fetched(linked, moved), "the linked container's page at its new address")
