"""Registries behind a real proxy: TLS through CONNECT, plain HTTP by whole URLs, from daemon.json and environment."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.e2e.registry.conftest import busybox_layer, own_address
from tests.peers.registry import registry
from tests.peers.tinyproxy import tinyproxy
from tests.support.certificates import OPENSSL, make_certificates
from tests.support.engine import Engine
from tests.support.packs import image_pack, upload

pytestmark = pytest.mark.dockyard_only
PACK = image_pack([busybox_layer()], docker=True)


@pytest.fixture
def address() -> str:
    found = own_address()
    if found is None:
        pytest.skip("this machine has no address but loopback, which no proxy is asked for")
    return found


@pytest.fixture
def secure(address: str, tmp_path: Path) -> Iterator[str]:
    """A registry with TLS; its authority stands in certs.d beside daemon.json."""
    if OPENSSL is None:
        pytest.skip("needs openssl")
    (tmp_path / "certificates").mkdir()
    certificates = make_certificates(tmp_path / "certificates", address)
    with registry(tmp_path / "registry", host=address, tls=certificates.server) as running:
        place = tmp_path / "etc" / "certs.d" / running.address
        place.mkdir(parents=True)
        shutil.copy(certificates.authority, place / "ca.crt")
        yield running.address


def configured(tmp_path: Path, make_engine: Callable[..., Engine], **settings: object) -> Engine:
    folder = tmp_path / "etc"
    folder.mkdir(exist_ok=True)
    (folder / "daemon.json").write_text(json.dumps(settings))
    return make_engine(f"--config-file={folder}/daemon.json")


def test_tls_through_connect(make_engine: Callable[..., Engine], secure: str, tmp_path: Path) -> None:
    """Pushed and pulled through a proxy that wants a name; without it, and without a proxy, clear errors."""
    with tinyproxy(tmp_path / "proxy", user=("me", "s3cret")) as proxy:
        engine = configured(tmp_path, make_engine, proxies={"https-proxy": proxy.url})
        docker, name = engine.docker, f"{secure}/team/app"
        docker("tag", "busybox", name)
        docker("push", name)
        docker("rmi", name)
        docker("pull", "-q", name)
        assert docker("run", "--rm", name, "echo", "hi") == "hi"
        asked = proxy.asked()
        assert asked and set(asked) == {f"CONNECT {secure} HTTP/1.1"}
        shown = docker("info", "--format", "{{.HTTPSProxy}}")
        assert shown == f"http://xxxxx:xxxxx@{proxy.address}"
        wrong = {"https-proxy": f"http://me:wrong@{proxy.address}"}
        (tmp_path / "etc" / "daemon.json").write_text(json.dumps({"proxies": wrong}))
        engine.restart()
        result = docker.result("pull", f"{name}:other")
        assert (result.code, "proxyconnect tcp: 401 Unauthorized" in result.err) == (1, True), result.err
        assert "wrong" not in result.err
        (tmp_path / "etc" / "daemon.json").write_text(json.dumps({"proxies": {"https-proxy": "http://127.0.0.1:1"}}))
        engine.restart()
        result = docker.result("pull", f"{name}:other")
        assert "proxyconnect tcp: dial tcp 127.0.0.1:1: connect: connection refused" in result.err


def test_the_environment_names_the_proxy(make_engine: Callable[..., Engine], secure: str, tmp_path: Path) -> None:
    """As dockerd's: HTTPS_PROXY, NO_PROXY; what daemon.json says counts more."""
    with tinyproxy(tmp_path / "proxy") as proxy:
        engine = configured(tmp_path, make_engine)
        docker, name = engine.docker, f"{secure}/team/app"
        docker("tag", "busybox", name)
        engine.enter = ["env", f"HTTPS_PROXY={proxy.url}"]
        engine.restart()
        docker("push", name)
        through = len(proxy.asked())
        assert through
        engine.enter = ["env", f"https_proxy={proxy.url}", f"NO_PROXY=example.com,{secure.partition(':')[0]}"]
        engine.restart()
        docker("push", name)
        assert len(proxy.asked()) == through
        engine.enter = ["env", "HTTPS_PROXY=http://127.0.0.1:1"]
        (tmp_path / "etc" / "daemon.json").write_text(json.dumps({"proxies": {"https-proxy": proxy.url}}))
        engine.restart()
        docker("push", name)
        assert len(proxy.asked()) > through


def test_plain_http_by_whole_urls(make_engine: Callable[..., Engine], address: str, tmp_path: Path) -> None:
    with (
        registry(tmp_path / "registry", host=address) as running,
        tinyproxy(tmp_path / "proxy") as proxy,
    ):
        upload(running.address, "plain", PACK, "latest")
        settings = {"insecure-registries": [running.address], "proxies": {"http-proxy": proxy.url}}
        docker = configured(tmp_path, make_engine, **settings).docker
        docker("pull", "-q", f"{running.address}/plain")
        assert f"GET http://{running.address}/v2/plain/manifests/latest HTTP/1.1" in proxy.asked()
