"""Where an image is fetched from: mirrors of Docker Hub and of any registry, insecure registries, hosts.toml."""

import json
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.e2e.registry.conftest import busybox_layer, own_address
from tests.peers.registry import RunningRegistry, registry
from tests.support.engine import Engine
from tests.support.faulty_registry import faulty_registry
from tests.support.packs import image_pack, upload
from tests.support.wait import wait_until

pytestmark = pytest.mark.dockyard_only
PACK = image_pack([busybox_layer()], docker=True)


def configured(folder: Path, make_engine: Callable[..., Engine], **settings: object) -> Engine:
    (folder / "daemon.json").write_text(json.dumps(settings))
    return make_engine(f"--config-file={folder}/daemon.json")


@pytest.mark.row("A7", "T2")
def test_mirrors_of_docker_hub(
    make_engine: Callable[..., Engine], plain_registry: RunningRegistry, tmp_path: Path
) -> None:
    """The first mirror is down, the second has nothing, the third has it; Docker Hub itself is never reached."""
    upload(plain_registry.address, "library/mirrored", PACK, "latest")
    with faulty_registry({}) as empty:
        mirrors = ["http://127.0.0.1:1", f"http://{empty.address}", f"http://{plain_registry.address}"]
        docker = configured(tmp_path, make_engine, **{"registry-mirrors": mirrors}).docker
        lines = docker("pull", "mirrored").splitlines()
        assert lines[1] == "latest: Pulling from library/mirrored"
        assert lines[-1] == "docker.io/library/mirrored:latest"
        assert any(asked.path.startswith("/v2/library/mirrored/manifests/latest") for asked in empty.asked)
        assert docker("run", "--rm", "mirrored", "echo", "hi") == "hi"
        assert docker.inspect("mirrored")["RepoDigests"] == [f"mirrored@{PACK.digest}"]
        info = json.loads(docker("info", "--format", "{{json .RegistryConfig}}"))
        assert info["Mirrors"] == [f"{mirror}/" for mirror in mirrors]


@pytest.mark.row("X8")
def test_mirrors_of_any_registry(
    make_engine: Callable[..., Engine], plain_registry: RunningRegistry, tmp_path: Path
) -> None:
    """The origin is down (its name doesn't even exist); the mirror is asked with `ns`, and SIGHUP brings another."""
    upload(plain_registry.address, "team/mirrored", PACK, "latest")
    settings = {"registry-mirrors": {"registry.invalid": [f"http://{plain_registry.address}"]}}
    engine = configured(tmp_path, make_engine, **settings)
    docker = engine.docker
    assert docker("pull", "-q", "registry.invalid/team/mirrored") == "registry.invalid/team/mirrored:latest"
    with faulty_registry({"team/mirrored": {"latest": PACK}}) as other:
        settings = {"registry-mirrors": {"other.invalid": [f"http://{other.address}"]}}
        (tmp_path / "daemon.json").write_text(json.dumps(settings))
        engine.log.touch()
        import os

        os.kill(engine.pid, signal.SIGHUP)
        wait_until(lambda: "Reloaded configuration" in engine.log.read_text(), "the reload", 10)
        docker("pull", "-q", "other.invalid/team/mirrored")
        assert all("ns=other.invalid" in asked.path for asked in other.asked)
    assert "no such host" in docker.result("pull", "registry.invalid/team/other").err


def test_hosts_toml(make_engine: Callable[..., Engine], plain_registry: RunningRegistry, tmp_path: Path) -> None:
    upload(plain_registry.address, "team/listed", PACK, "latest")
    place = tmp_path / "certs.d" / "listed.invalid"
    place.mkdir(parents=True)
    (place / "hosts.toml").write_text(
        'server = "https://listed.invalid"\n'
        f'[host."http://{plain_registry.address}"]\ncapabilities = ["pull", "resolve"]\n'
    )
    docker = configured(tmp_path, make_engine).docker
    docker("pull", "-q", "listed.invalid/team/listed")
    (place / "hosts.toml").write_text("nonsense = 1\n")
    assert "hosts.toml: unknown key nonsense" in docker.result("pull", "listed.invalid/team/listed:x").err


@pytest.mark.row("A7")
@pytest.mark.parametrize("listed", ["", "host", "network"])
def test_plain_http_only_where_it_is_listed(make_engine: Callable[..., Engine], tmp_path: Path, listed: str) -> None:
    address = own_address()
    if address is None:
        pytest.skip("this machine has no address but loopback")
    with registry(tmp_path / "registry", host=address) as running:
        upload(running.address, "plain", PACK, "latest")
        entries = {"": [], "host": [running.address], "network": [f"{address}/32"]}[listed]
        docker = configured(tmp_path, make_engine, **{"insecure-registries": entries}).docker
        result = docker.result("pull", f"{running.address}/plain")
        if listed:
            assert result.code == 0, result.err
        else:
            assert "http: server gave HTTP response to HTTPS client" in result.err


def test_a_proxy(make_engine: Callable[..., Engine], tmp_path: Path) -> None:
    """A proxy of plain HTTP is asked for whole URLs."""
    with faulty_registry({"team/app": {"latest": PACK}}) as proxy:
        right = proxy.right

        def whole(asked: object) -> object:
            path = asked.path  # type: ignore[attr-defined]
            if path.startswith("http://far.invalid/"):
                asked.path = path.removeprefix("http://far.invalid")  # type: ignore[attr-defined]
            return right(asked)  # type: ignore[arg-type]

        proxy.fault = whole  # type: ignore[assignment]
        settings = {"insecure-registries": ["far.invalid"], "proxies": {"http-proxy": f"http://{proxy.address}"}}
        docker = configured(tmp_path, make_engine, **settings).docker
        docker("pull", "-q", "far.invalid/team/app")
        assert json.loads(docker("info", "--format", "{{json .}}"))["HttpProxy"] == f"http://{proxy.address}"
