"""Registries that want to know who asks: htpasswd, tokens (RS256), TLS, client certificates."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.e2e.registry.conftest import busybox_layer
from tests.peers.registry import RunningRegistry, registry
from tests.support.certificates import OPENSSL, Certificates, make_certificates
from tests.support.client import Docker
from tests.support.engine import Engine
from tests.support.packs import image_pack, upload
from tests.support.token_server import TokenServer, token_server

pytestmark = pytest.mark.dockyard_only
PACK = image_pack([busybox_layer()], docker=True)


def logged_in(docker: Docker, folder: Path) -> Docker:
    """The same client with a configuration of its own, in which logins are kept."""
    environment = {**(docker.client.environment or {}), "DOCKER_CONFIG": str(folder)}
    return Docker(docker.client._replace(environment=environment))


@pytest.mark.row("C14")
def test_login_push_and_pull_with_a_password(docker: Docker, tmp_path: Path) -> None:
    client = logged_in(docker, tmp_path / "config")
    with registry(tmp_path / "registry", users={"alice": "s3cret:with:colons"}) as running:
        name = f"{running.address}/private"
        wrong = client.result("login", "-u", "alice", "-p", "wrong", running.address)
        assert wrong.code == 1
        assert f"login attempt to http://{running.address}/v2/ failed with status: 401 Unauthorized" in wrong.err
        docker("tag", "busybox", name)
        refused = client.result("push", name)
        assert (refused.code, "no basic auth credentials" in refused.err) == (1, True)
        out = client("login", "-u", "alice", "--password-stdin", running.address, stdin="s3cret:with:colons")
        assert out.endswith("Login Succeeded")
        assert running.address in json.loads((tmp_path / "config" / "config.json").read_text())["auths"]
        client("push", name)
        docker("rmi", name)
        assert "no basic auth credentials" in docker.result("pull", name).err
        client("pull", name)
        docker("rmi", name)
        client("logout", running.address)


@pytest.fixture
def tokens(tmp_path: Path) -> Iterator[TokenServer]:
    if OPENSSL is None:
        pytest.skip("needs openssl")
    with token_server(tmp_path / "tokens", {"alice": "s3cret"}) as running:
        yield running


@pytest.mark.row("C1")
def test_tokens(docker: Docker, tokens: TokenServer, tmp_path: Path) -> None:
    client = logged_in(docker, tmp_path / "config")
    with registry(tmp_path / "registry", token=tokens.settings) as running:
        name = f"{running.address}/team/app"
        tokens.public.add("public")
        upload_with_token(running, tokens, "public")
        docker("pull", "-q", f"{running.address}/public")  # nobody's token is good for what is public
        scopes = [scope for asked in tokens.asked for scope in asked.get("scope", [])]
        assert set(scopes) == {"repository:public:pull"}
        denied = docker.result("pull", name)
        assert (
            f"pull access denied for {name}, repository does not exist or may require 'docker login': denied: "
            "requested access to the resource is denied" in denied.err
        )
        wrong = client.result("login", "-u", "alice", "-p", "wrong", running.address)
        assert (wrong.code, "unauthorized: incorrect username or password" in wrong.err) == (1, True)
        client("login", "-u", "alice", "-p", "s3cret", running.address)
        kept = json.loads((tmp_path / "config" / "config.json").read_text())["auths"][running.address]
        assert kept.get("identitytoken") == "refresh-alice"  # the refresh token, instead of the password
        docker("tag", "busybox", name)
        tokens.asked.clear()
        client("push", name)
        assert any("refresh_token" in asked for asked in tokens.asked)
        docker("rmi", name)
        client("pull", "-q", name)
        # another repository of the same registry: one token with the scopes of both, so that blobs can be mounted
        docker("tag", name, f"{name}-copy")
        tokens.asked.clear()
        assert ": Mounted from team/app" in client("push", f"{name}-copy")
        asked = {scope for one in tokens.asked for scope in " ".join(one["scope"]).split()}
        assert {"repository:team/app:pull", "repository:team/app-copy:pull,push"} <= asked
        docker("rmi", name, f"{name}-copy", f"{running.address}/public")


def upload_with_token(running: RunningRegistry, tokens: TokenServer, repository: str) -> None:
    token = tokens.token("alice", [f"repository:{repository}:pull,push"])
    upload(running.address, repository, PACK, "latest", {"Authorization": f"Bearer {token}"})


@pytest.fixture
def certificates(tmp_path: Path) -> Certificates:
    if OPENSSL is None:
        pytest.skip("needs openssl")
    (tmp_path / "certificates").mkdir()
    return make_certificates(tmp_path / "certificates")


def test_tls_and_client_certificates(
    make_engine: Callable[..., Engine], certificates: Certificates, tmp_path: Path
) -> None:
    """certs.d beside daemon.json; `localhost` would be insecure, so the registry has a name that isn't."""
    folder = tmp_path / "etc"
    folder.mkdir()
    (folder / "daemon.json").write_text("{}")
    with registry(tmp_path / "registry", tls=certificates.server, client_authority=certificates.authority) as running:
        host_name = running.address
        engine = make_engine(f"--config-file={folder}/daemon.json")
        docker, name = engine.docker, f"{host_name}/secure"
        docker("tag", "busybox", name)
        # a loopback address needs no certificate to hold, but the registry wants one of us
        result = docker.result("push", name)
        assert (result.code, "tls" in result.err) == (1, True), result
        place = folder / "certs.d" / running.address
        place.mkdir(parents=True)
        shutil.copy(certificates.authority, place / "ca.crt")
        shutil.copy(certificates.client.certificate, place / "client.cert")
        result = docker.result("push", name)
        assert "missing key client.key for client certificate client.cert" in result.err
        shutil.copy(certificates.client.key, place / "client.key")
        docker("push", name)
        docker("rmi", name)
        docker("pull", "-q", name)
        shutil.copy(certificates.stranger.certificate, place / "client.cert")
        shutil.copy(certificates.stranger.key, place / "client.key")
        assert docker.result("pull", f"{name}:other").code == 1
