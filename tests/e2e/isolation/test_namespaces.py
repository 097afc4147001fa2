"""Namespaces: own ones by default, shared ones on demand."""

import platform
from collections.abc import Callable

import pytest
from tests.support.client import Docker
from tests.support.processes import namespace, namespaces


def of(docker: Docker, container: str) -> dict[str, str]:
    return namespaces(int(docker.field(container, "{{.State.Pid}}")))


@pytest.mark.row("D6")
def test_a_container_has_its_own_namespaces(docker: Docker, sleeper: Callable[..., str]) -> None:
    host, one, two = namespaces("self"), of(docker, sleeper()), of(docker, sleeper())
    for kind in ("pid", "ipc", "net", "mnt", "uts"):
        assert len({host[kind], one[kind], two[kind]}) == 3, kind
    assert host["user"] == one["user"] == two["user"]


@pytest.mark.row("D6")
@pytest.mark.parametrize(
    ("flags", "kind"),
    [
        (["--pid", "host"], "pid"),
        (["--ipc", "host"], "ipc"),
        (["--uts", "host"], "uts"),
        (["--network", "host"], "net"),
        (["--cgroupns", "host"], "cgroup"),
    ],
)
def test_a_namespace_of_the_host_on_demand(
    docker: Docker, sleeper: Callable[..., str], flags: list[str], kind: str
) -> None:
    assert of(docker, sleeper(*flags))[kind] == namespace("self", kind)


@pytest.mark.row("D6")
@pytest.mark.parametrize(("option", "kind"), [("pid", "pid"), ("ipc", "ipc"), ("network", "net")])
def test_a_namespace_of_another_container(docker: Docker, sleeper: Callable[..., str], option: str, kind: str) -> None:
    first = sleeper("--ipc", "shareable", name="first")
    second = sleeper(f"--{option}", "container:first")
    assert of(docker, second)[kind] == of(docker, first)[kind]
    others = {"pid", "ipc", "net", "mnt"} - {kind}
    assert all(of(docker, second)[other] != of(docker, first)[other] for other in others)


def test_containers_that_share_a_pid_namespace_see_each_other(docker: Docker, sleeper: Callable[..., str]) -> None:
    sleeper(name="first")
    assert "sleep 1000" in docker("run", "--rm", "--pid", "container:first", "busybox", "ps")


def test_containers_that_share_a_network_talk_over_loopback(docker: Docker) -> None:
    page = "echo hello > /var/www/index.html; exec httpd -f -p 127.0.0.1:7777 -h /var/www"
    docker("run", "-d", "--name", "first", "busybox", "sh", "-c", page)
    script = "for i in 1 2 3 4 5; do wget -qO- http://127.0.0.1:7777/ && exit; sleep 0.2; done"
    assert docker("run", "--rm", "--network", "container:first", "busybox", "sh", "-c", script) == "hello"


@pytest.mark.row("D11", "F10")
def test_the_kernel_is_shared_and_the_hostname_is_not(docker: Docker) -> None:
    container = docker("run", "-d", "--hostname", "inside", "--domainname", "example.test", "busybox", "sleep", "1000")
    assert docker("exec", container, "uname", "-r") == platform.release()
    assert docker("exec", container, "hostname") == "inside"
    assert platform.node() != "inside"
    assert docker("exec", container, "cat", "/proc/sys/kernel/domainname") == "example.test"


@pytest.mark.row("F10")
def test_the_image_has_no_kernel(docker: Docker) -> None:
    assert docker.result("run", "--rm", "busybox", "ls", "/boot").code == 1
    assert int(docker.field("busybox", "{{.Size}}")) < 5_000_000
