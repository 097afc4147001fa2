"""Debian 13's Docker 26 and buildx as peers: they run here, beside the machine's own, and are what they are called."""

from pathlib import Path

import pytest
from tests.peers import buildx_client, busybox_image, docker_daemon
from tests.peers.docker import api_get, debian_client
from tests.peers.suites import Suite
from tests.support.client import Docker


@pytest.mark.slow
@pytest.mark.peer("docker-26", "buildx")
@pytest.mark.dockyard_only
def test_docker_26_runs_and_builds(tmp_path: Path) -> None:
    (tmp_path / "context").mkdir()
    (tmp_path / "context" / "Dockerfile").write_text("FROM busybox\nRUN --network=none echo built >/mark\n")
    with docker_daemon(release=26) as daemon:
        docker = Docker(debian_client(daemon.host, release=26))
        docker("load", "-i", str(busybox_image()))
        assert docker("run", "--rm", "--network=none", "busybox", "echo", "hello") == "hello"
        version = api_get(daemon, "/version")
        assert isinstance(version, dict)
        assert (version["ApiVersion"], version["Version"][:3]) == ("1.45", "26.")
        client = buildx_client(daemon.host, tmp_path / "config")
        client.run("buildx", "build", "-t", "built", str(tmp_path / "context"))
        assert client.run("run", "--rm", "--network=none", "built", "cat", "/mark").stdout == "built\n"
        assert client.run("compose", "version", "--short").stdout.startswith("2.")


@pytest.mark.slow
@pytest.mark.peer("buildx")
def test_a_keyring_that_is_too_old_is_made_newer(tmp_path: Path) -> None:
    """With keys of Debian 11's release alone, nothing vouches for Debian 13: the keyring comes from the own suite."""
    old = Path("/usr/share/keyrings/debian-archive-bullseye-stable.gpg")
    if not old.exists():
        pytest.skip("the machine's keyring has no keys of Debian 11 any more")
    Suite("trixie", tmp_path / "state", old).download(["docker-buildx"], tmp_path)
    assert [path.name.partition("_")[0] for path in tmp_path.glob("*.deb")] == ["docker-buildx"]


@pytest.mark.slow
@pytest.mark.peer("buildx")
def test_an_unsigned_suite_is_refused(tmp_path: Path) -> None:
    state = tmp_path / "state"
    keyring = tmp_path / "empty.gpg"
    keyring.touch()
    suite = Suite("trixie", state, keyring)
    suite._newer_keyring = lambda: keyring  # type: ignore[method-assign]
    with pytest.raises(RuntimeError, match=r"not signed|NO_PUBKEY|signature"):
        suite.download(["docker-buildx"], tmp_path)
    assert list(tmp_path.glob("*.deb")) == []
    assert list(state.glob("lists/*Packages*")) == []
