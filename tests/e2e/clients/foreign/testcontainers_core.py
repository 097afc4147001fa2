"""What testcontainers-python offers of its core, used as its documentation shows; run by pytest in its own environment.

Its source distribution has no tests. These ask for what its own do, of images that need no registry.
"""

import json
import urllib.request

import pytest
from docker.errors import NotFound
from testcontainers.community.redis import RedisContainer
from testcontainers.compose import DockerCompose
from testcontainers.core.container import DockerContainer, ExecConfig
from testcontainers.core.docker_client import DockerClient
from testcontainers.core.image import DockerImage
from testcontainers.core.network import Network
from testcontainers.core.wait_strategies import (
    CompositeWaitStrategy,
    ContainerStatusWaitStrategy,
    ExecWaitStrategy,
    HealthcheckWaitStrategy,
    HttpWaitStrategy,
    LogMessageWaitStrategy,
    PortWaitStrategy,
)

SERVE = "sh -c 'echo $GREETING >/index.html; echo serving; exec httpd -f -p 80 -h /'"


def server(**variables):
    return DockerContainer("busybox").with_command(SERVE).with_exposed_ports(80).with_envs(**variables)


def page(container):
    url = f"http://{container.get_container_host_ip()}:{container.get_exposed_port(80)}/index.html"
    return urllib.request.urlopen(url, timeout=5).read().decode()


@pytest.mark.parametrize(
    "strategy",
    [
        LogMessageWaitStrategy("serving"),
        PortWaitStrategy(80),
        HttpWaitStrategy(80, "/index.html").for_status_code(200),
        ExecWaitStrategy(["test", "-e", "/index.html"]),
        ContainerStatusWaitStrategy(),
        CompositeWaitStrategy(LogMessageWaitStrategy("serving"), PortWaitStrategy(80)),
    ],
    ids=lambda strategy: type(strategy).__name__,
)
def test_waiting(strategy):
    with server(GREETING="hello").waiting_for(strategy) as container:
        HttpWaitStrategy(80, "/index.html").wait_until_ready(container)
        assert page(container) == "hello\n"
        assert container.get_logs()[0] == b"serving\n"
        assert container.status == "running"


def test_waiting_for_health():
    check = {"test": ["CMD", "true"], "interval": 1000000000}
    container = DockerContainer("busybox").with_command("sleep 100").with_kwargs(healthcheck=check)
    with container.waiting_for(HealthcheckWaitStrategy().with_startup_timeout(10)):
        assert container.get_wrapped_container().health == "healthy"


def test_what_ends_too_early_is_told():
    container = DockerContainer("busybox").with_command("sh -c 'echo oh no; exit 3'")
    with pytest.raises(RuntimeError, match="exit code: 3"):
        container.waiting_for(LogMessageWaitStrategy("never")).start()
    container.stop()


def test_exec():
    with DockerContainer("busybox").with_command("sleep 100") as container:
        assert container.exec("sh -c 'echo out; echo err >&2; exit 5'") == (5, b"out\nerr\n")
        config = ExecConfig(
            command=["sh", "-c", "id -un; pwd; echo $A"], user="daemon", workdir="/tmp", environment={"A": "b"}
        )
        assert container.exec(config).output.split() == [b"daemon", b"/tmp", b"b"]


def test_files_in_and_out(tmp_path):
    (tmp_path / "file").write_text("of the host")
    (tmp_path / "folder" / "deep").mkdir(parents=True)
    (tmp_path / "folder" / "deep" / "file").write_text("deep")
    container = DockerContainer("busybox").with_command("cat /given")
    with container.with_copy_into_container(b"before the start", "/given", 0o640):
        assert container.wait() == 0
        assert container.get_logs()[0] == b"before the start"
    with DockerContainer("busybox").with_command("sleep 100") as container:
        container.copy_into_container(tmp_path / "file", "/tmp/file")
        container.copy_into_container(tmp_path / "folder", "/tmp/folder")
        assert container.exec("cat /tmp/file").output == b"of the host"
        assert b"/deep/file" in container.exec("find /tmp/folder -type f").output
        container.copy_from_container("/tmp/file", tmp_path / "back")
        assert (tmp_path / "back").read_text() == "of the host"


def test_options(tmp_path):
    (tmp_path / "file").write_text("bound")
    (tmp_path / "variables").write_text("A=1\nB=two words\n")
    container = (
        DockerContainer("busybox")
        .with_name("named-by-us")
        .with_env_file(tmp_path / "variables")
        .with_volume_mapping(tmp_path, "/bound", "ro")
        .with_tmpfs_mount("/scratch", "size=1m")
        .with_bind_ports("80/tcp", 18099)
        .with_kwargs(mem_limit="64m", hostname="ours", labels={"mine": "yes"})
        .with_command(
            ["sh", "-c", "cat /bound/file; echo; echo $A $B; hostname; grep -c ' /scratch ' /proc/mounts; sleep 100"]
        )
    )
    with container.waiting_for(LogMessageWaitStrategy("\n1\n")):
        assert container.get_logs()[0].decode().splitlines() == ["bound", "1 two words", "ours", "1"]
        wrapped = container.get_wrapped_container()
        assert (wrapped.name, wrapped.labels["mine"], wrapped.attrs["HostConfig"]["Memory"]) == (
            "named-by-us",
            "yes",
            64 << 20,
        )
        assert container.get_exposed_port(80) == 18099
        info = container.get_container_info()
        assert (info.Config.Hostname, info.State.Running) == ("ours", True)
        assert info.NetworkSettings.Networks["bridge"].IPAddress
    with pytest.raises(NotFound):
        DockerClient().client.containers.get("named-by-us")


def test_containers_talk_over_a_network():
    with Network() as network:
        one = server(GREETING="from one").with_network(network).with_network_aliases("one", "uno")
        two = DockerContainer("busybox").with_command("sleep 100").with_network(network)
        with one.waiting_for(LogMessageWaitStrategy("serving")), two:
            for name in ("one", "uno", one.get_wrapped_container().name):
                assert two.exec(f"wget -qO- http://{name}/index.html").output == b"from one\n"
            found = DockerClient().client.networks.get(network.id)
            assert len(found.containers) == 2
        network_id = network.id
    with pytest.raises(NotFound):
        DockerClient().client.networks.get(network_id)


def test_an_image_is_built_and_removed(tmp_path):
    (tmp_path / "Dockerfile").write_text("FROM busybox\nARG WHO\nRUN echo hello $WHO >/told\nCMD cat /told\n")
    with DockerImage(path=tmp_path, tag="made:here", buildargs={"WHO": "you"}) as image:
        assert any("RUN echo hello" in json.dumps(line) for line in image.get_logs())
        with DockerContainer(str(image)) as container:
            assert container.wait() == 0
            assert container.get_logs()[0] == b"hello you\n"
    assert not DockerClient().client.images.list("made:here")


def test_redis():
    command = "redis-server --bind 0.0.0.0 --protected-mode no --save ''"
    with RedisContainer("services:debian").with_command(command) as container:
        client = container.get_client()
        client.set("key", "value")
        assert client.get("key") == b"value"


def test_compose(tmp_path):
    (tmp_path / "compose.yaml").write_text(
        """
        services:
          one:
            image: busybox
            init: true
            command: httpd -f -p 81 -h /etc
            ports: ["81"]
          two: {image: busybox, init: true, command: sh -c "echo two; sleep 100"}
        """
    )
    with DockerCompose(tmp_path, wait=False) as compose:
        host, port = compose.get_service_host_and_port("one", 81)
        assert "root:" in urllib.request.urlopen(f"http://{host}:{port}/passwd", timeout=5).read().decode()
        assert compose.exec_in_container(["cat", "/etc/group"], service_name="two")[0].startswith("root:")
        assert {container.Service for container in compose.get_containers()} == {"one", "two"}
        LogMessageWaitStrategy("two").wait_until_ready(compose.get_container("two"))
