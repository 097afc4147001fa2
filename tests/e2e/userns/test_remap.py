"""`--userns-remap`: root in a container is nobody in particular on the host, and notices nothing of it."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.peers import busybox_image
from tests.support.client import Docker
from tests.support.engine import Engine, dockyard_engine
from tests.support.processes import namespace, status

pytestmark = pytest.mark.dockyard_only  # the reference would need a machine of its own: it keeps one root for its ids

FIRST, GROUP, SIZE = 231072, 331072, 65536


@pytest.fixture(scope="module")
def remapped(bridge_name: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """An engine whose containers have subordinate ids of nobody, who in its eyes has some."""
    if not (Path("/etc/subuid").exists() and Path("/etc/subgid").exists()):
        pytest.skip("no files of subordinate ids to replace for the engine")
    files = {}
    for kind, first in (("subuid", FIRST), ("subgid", GROUP)):
        path = tmp_path_factory.mktemp("ids") / kind
        path.write_text(f"somebody:100000:65536\nnobody:{first}:{SIZE}\n")
        files[f"/etc/{kind}"] = path
    with dockyard_engine(f"{bridge_name}u", ("--userns-remap=nobody",), replaced=files) as engine:
        engine.docker("load", "-i", str(busybox_image()))
        yield engine


@pytest.fixture
def docker(remapped: Engine) -> Iterator[Docker]:
    yield remapped.docker
    if containers := remapped.docker("ps", "-aq").split():
        remapped.docker.result("rm", "-f", "-v", *containers)


def pid_of(docker: Docker, container: str) -> int:
    return int(docker.field(container, "{{.State.Pid}}"))


def test_root_is_another_user_on_the_host(docker: Docker) -> None:
    container = docker("run", "-d", "busybox", "sleep", "1000")
    pid = pid_of(docker, container)
    assert status(pid)["Uid"].split() == [str(FIRST)] * 4
    assert status(pid)["Gid"].split() == [str(GROUP)] * 4
    for name, first in (("uid_map", FIRST), ("gid_map", GROUP)):
        assert Path(f"/proc/{pid}/{name}").read_text().split() == ["0", str(first), str(SIZE)]
        assert docker("exec", container, "cat", f"/proc/1/{name}").split() == ["0", str(first), str(SIZE)]
    assert docker("exec", container, "id", "-u") == "0"
    assert namespace(pid, "user") != namespace("self", "user")


def test_the_user_of_an_image_is_mapped_too(docker: Docker) -> None:
    container = docker("run", "-d", "-u", "12:34", "busybox", "sleep", "1000")
    assert status(pid_of(docker, container))["Uid"].split()[0] == str(FIRST + 12)
    assert status(pid_of(docker, container))["Gid"].split()[0] == str(GROUP + 34)
    assert docker("exec", "-u", "5", container, "id", "-u") == "5"


def test_the_files_of_image_and_container_are_its_own(docker: Docker) -> None:
    script = (
        "stat -c %u:%g / /bin/busybox /etc/hosts /etc/resolv.conf /dev/shm; touch /new; stat -c %u:%g /new; rm /bin/ls"
    )
    assert set(docker("run", "--rm", "busybox", "sh", "-c", script).split()) == {"0:0"}


def test_the_network_is_its_own(docker: Docker) -> None:
    script = "ip link set lo down && ip link set lo up && cat /proc/sys/net/ipv4/ip_unprivileged_port_start"
    assert docker("run", "--rm", "--cap-add", "NET_ADMIN", "busybox", "sh", "-c", script) == "0"
    container = docker("run", "-d", "busybox", "nc", "-ll", "-p", "80", "-e", "echo", "hello")
    ask = "until nc -w 1 127.0.0.1 80; do sleep 0.02; done"
    assert docker("exec", container, "sh", "-c", ask) == "hello"
    limit = ("--sysctl", "net.core.somaxconn=99", "busybox", "cat", "/proc/sys/net/core/somaxconn")
    assert docker("run", "--rm", *limit) == "99"
    assert "eth0" in docker("run", "--rm", "busybox", "ip", "addr")
    assert docker("run", "--rm", "--network", "none", "busybox", "ls", "/sys/class/net") == "lo"


def test_volumes_are_its_own_and_the_hosts_directories_are_not(docker: Docker, tmp_path: Path) -> None:
    docker("run", "--rm", "-v", "mapped:/v", "busybox", "sh", "-c", "echo x > /v/file; chown 7:8 /v/file")
    assert docker("run", "--rm", "-v", "mapped:/v", "busybox", "stat", "-c", "%u:%g", "/v/file") == "7:8"
    docker("volume", "rm", "mapped")
    tmp_path.chmod(0o777)
    (tmp_path / "roots").write_text("secret")
    (tmp_path / "roots").chmod(0o600)
    script = "touch /b/mine; stat -c %u:%g /b/roots; cat /b/roots"
    result = docker.result("run", "--rm", "-v", f"{tmp_path}:/b", "busybox", "sh", "-c", script)
    assert result.out == "65534:65534\n"
    assert "Permission denied" in result.err
    assert os.stat(tmp_path / "mine").st_uid == FIRST


def test_cp_both_ways(docker: Docker, tmp_path: Path) -> None:
    (tmp_path / "in").write_text("from the host")
    os.chown(tmp_path / "in", 3, 4)
    running = docker("run", "-d", "busybox", "sleep", "1000")
    stopped = docker("create", "busybox")
    for container in (running, stopped):
        docker("cp", str(tmp_path / "in"), f"{container}:/in")
        docker("cp", "-a", str(tmp_path / "in"), f"{container}:/in-as-it-was")
        docker("cp", f"{container}:/in", str(tmp_path / "out"))
        assert (tmp_path / "out").read_text() == "from the host"
    assert docker("exec", running, "stat", "-c", "%u:%g", "/in", "/in-as-it-was") == "3:4\n3:4"
    docker("exec", running, "chown", "9:9", "/in")
    assert docker("exec", running, "stat", "-c", "%u", "/in") == "9"


def test_commit_keeps_the_owners_that_the_container_saw(docker: Docker) -> None:
    container = docker("run", "-d", "busybox", "sh", "-c", "touch /a; chown 42:43 /a; mkdir /d; rm -r /var; sleep 1000")
    docker("exec", container, "sh", "-c", "while [ -e /var ]; do sleep 0.02; done")
    image = docker("commit", container)
    script = "stat -c %u:%g /a /d /bin; ls -d /var"
    assert docker.result("run", "--rm", image, "sh", "-c", script).out == "42:43\n0:0\n0:0\n"
    assert sorted(docker("diff", container).splitlines())[:2] == ["A /a", "A /d"]
    docker("rm", "-f", container)
    docker("rmi", image)


@pytest.mark.client("1.48")
def test_images_as_mounts_and_builds_have_the_containers_owners(docker: Docker, tmp_path: Path) -> None:
    mounted = ("--mount", "type=image,source=busybox,target=/image", "busybox", "stat", "-c", "%u:%g", "/image/bin")
    assert docker("run", "--rm", *mounted) == "0:0"
    steps = ("FROM busybox", "COPY file /file", "RUN id -u > /by && chown 7:8 /by", "USER 12", "RUN touch /tmp/mine")
    (tmp_path / "Dockerfile").write_text("\n".join(steps))
    (tmp_path / "file").touch()
    environment = {**(docker.client.environment or {}), "DOCKER_BUILDKIT": "0"}
    image = Docker(docker.client._replace(environment=environment))("build", "-q", str(tmp_path))
    script = "stat -c %u:%g /file /by /tmp/mine; cat /by"
    assert docker("run", "--rm", "-u", "0", image, "sh", "-c", script).split() == ["0:0", "7:8", "12:0", "0"]
    docker("rmi", image)


def test_it_can_do_nothing_to_the_host(docker: Docker) -> None:
    """All rights there are no rights here: neither devices nor the kernel's log are its own."""
    flags = ("--cap-add", "ALL", "--security-opt", "seccomp=unconfined")
    for command in ("mknod /n c 1 1", "cat /proc/kmsg", "echo 1 > /proc/sys/kernel/printk"):
        assert docker.result("run", "--rm", *flags, "busybox", "sh", "-c", command).code != 0, command


def test_other_containers_namespaces_come_with_their_user_namespace(docker: Docker) -> None:
    docker("run", "-d", "--name", "first", "--ipc", "shareable", "busybox", "sleep", "1000")
    first = pid_of(docker, "first")
    for option, kind in (("--network", "net"), ("--pid", "pid"), ("--ipc", "ipc")):
        container = docker("run", "-d", option, "container:first", "busybox", "sleep", "1000")
        second = pid_of(docker, container)
        assert namespace(first, kind) == namespace(second, kind)
        assert namespace(first, "user") == namespace(second, "user")
        docker("exec", container, "true")
    alone = docker("run", "-d", "busybox", "sleep", "1000")
    assert namespace(pid_of(docker, alone), "user") != namespace(first, "user")


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("--privileged", "privileged mode is incompatible with user namespaces"),
        ("--network=host", "cannot share the host's network namespace when user namespaces are enabled"),
        ("--pid=host", "cannot share the host PID namespace when user namespaces are enabled"),
    ],
)
def test_what_needs_the_hosts_ids(docker: Docker, option: str, message: str) -> None:
    result = docker.result("create", option, "busybox")
    assert (result.code, message in result.err) == (1, True), result.err
    docker("create", option, "--userns", "host", "busybox")


def test_userns_host_opts_out(docker: Docker) -> None:
    container = docker("run", "-d", "--userns", "host", "busybox", "sleep", "1000")
    pid = pid_of(docker, container)
    assert status(pid)["Uid"].split()[0] == "0"
    assert namespace(pid, "user") == namespace("self", "user")
    assert docker("exec", container, "stat", "-c", "%u", "/bin/busybox") == "0"
    result = docker.result("run", "--rm", "--network", f"container:{container}", "busybox", "true")
    assert "it is not in a user namespace" in result.err


def test_the_engine_says_so_and_keeps_apart_what_it_has(docker: Docker, remapped: Engine) -> None:
    info = docker.info()
    assert "name=userns" in info["SecurityOptions"]
    assert info["DockerRootDir"] == f"{remapped.data}/{FIRST}.{GROUP}"
    assert (remapped.data / f"{FIRST}.{GROUP}" / "overlay2").is_dir()
    assert not (remapped.data / "overlay2").exists()


def test_containers_survive_the_daemon(docker: Docker, remapped: Engine) -> None:
    container = docker("run", "-d", "--restart", "always", "busybox", "sleep", "1000")
    pid = pid_of(docker, container)
    remapped.restart()
    assert pid_of(docker, container) == pid
    assert docker("exec", container, "id", "-u") == "0"
    docker("restart", "-t", "0", container)
    assert status(pid_of(docker, container))["Uid"].split()[0] == str(FIRST)
    assert list((remapped.run / "userns").iterdir()) == []


def test_nothing_is_left_of_one_that_could_not_start(docker: Docker, remapped: Engine) -> None:
    assert docker.result("run", "--rm", "busybox", "nothing-of-the-kind").code == 127
    assert list((remapped.run / "userns").iterdir()) == []
    assert list((remapped.run / "netns").iterdir()) == []
    mounted = Path(f"/proc/{remapped.pid}/mounts").read_text().splitlines()
    assert [line for line in mounted if f"{remapped.data}/" in line and "/merged " in line] == []


def test_names_and_files_of_the_network_are_the_containers_own(docker: Docker) -> None:
    docker("network", "create", "front")
    try:
        web = docker("run", "-d", "--network", "front", "--name", "web", "busybox", "sleep", "1000")
        address = docker.field(web, "{{.NetworkSettings.Networks.front.IPAddress}}")
        asker = docker("run", "-d", "--network", "front", "busybox", "sleep", "1000")
        assert address in docker("exec", asker, "nslookup", "web")
        assert docker("exec", asker, "ping", "-c", "1", "web")
        edit = "echo '10.9.8.7 mine' >> /etc/hosts; stat -c %u /etc/hosts /etc/resolv.conf /etc/hostname"
        assert docker("exec", asker, "sh", "-c", edit).split() == ["0", "0", "0"]
        docker("network", "connect", "bridge", asker)
        assert "10.9.8.7 mine" in docker("exec", asker, "cat", "/etc/hosts")
        assert docker("exec", asker, "stat", "-c", "%u", "/etc/hosts") == "0"
    finally:
        docker.result("rm", "-f", *docker("ps", "-aq").split())
        docker("network", "rm", "front")
