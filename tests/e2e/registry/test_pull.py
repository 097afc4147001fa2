"""`docker pull` and what stands on it, with the real client and Debian's docker-registry."""

import json
import re
import time

import pytest
from tests.e2e.registry.conftest import busybox_layer
from tests.peers.registry import RunningRegistry
from tests.support.client import Docker
from tests.support.packs import Pack, image_pack, index_pack, upload


@pytest.mark.row("C1", "C12")
def test_pull_shows_what_docker_shows(docker: Docker, pushed: tuple[str, Pack]) -> None:
    name, pack = pushed
    lines = docker("pull", name).splitlines()
    assert lines[:2] == ["Using default tag: latest", f"latest: Pulling from {name.partition('/')[2]}"]
    own = json.loads(pack.manifests[-1][1])["layers"][1]["digest"][7:19]
    told = [line[14:] for line in lines[2:-3] if line.startswith(f"{own}: ") and "Waiting" not in line]
    assert told == ["Pulling fs layer", "Verifying Checksum", "Download complete", "Pull complete"]
    assert lines[-3:] == [
        f"Digest: {pack.digest}",
        f"Status: Downloaded newer image for {name}:latest",
        f"{name}:latest",
    ]
    image = docker.inspect(name)
    assert image["Id"] == pack.config_digest
    assert image["RepoTags"] == [f"{name}:latest"]
    assert image["RepoDigests"] == [f"{name}@{pack.digest}"]
    assert image["Config"]["Cmd"] == ["sh"]
    assert len(image["RootFS"]["Layers"]) == 2
    assert pack.digest in docker("images", "--digests", name)
    again = docker("pull", f"{name}:latest").splitlines()
    assert again[-2] == f"Status: Image is up to date for {name}:latest"
    docker("rmi", f"{name}@{pack.digest}")
    docker("rmi", f"{name}:latest")


@pytest.mark.row("B1")
def test_run_pulls_what_is_missing(docker: Docker, pushed: tuple[str, Pack]) -> None:
    name, pack = pushed
    result = docker.result("run", "-itd", "-p", "80", "-p", "22", name)
    assert result.code == 0, result.err
    assert re.fullmatch("[0-9a-f]{64}\n", result.out)
    for part in (
        f"Unable to find image '{name}:latest' locally",
        "latest: Pulling from ",
        f"Digest: {pack.digest}",
        f"Status: Downloaded newer image for {name}:latest",
    ):
        assert part in result.err
    assert docker("exec", result.out.strip(), "cat", "/greeting") == "hello"
    docker("rm", "-f", result.out.strip())
    docker("rmi", name)


def test_pull_by_digest(docker: Docker, pushed: tuple[str, Pack]) -> None:
    name, pack = pushed
    whole = f"{name}@{pack.digest}"
    lines = docker("pull", whole).splitlines()
    assert lines[0] == f"{whole}: Pulling from {name.partition('/')[2]}"
    assert lines[-1] == whole
    assert docker("run", "--rm", whole, "cat", "/greeting") == "hello"
    docker("rmi", whole)


def test_quiet_and_all_tags(docker: Docker, plain_registry: RunningRegistry, pushed: tuple[str, Pack]) -> None:
    name, _ = pushed
    upload(plain_registry.address, name.partition("/")[2], image_pack([busybox_layer()]), "second")
    assert docker("pull", "-q", f"{name}:second") == f"{name}:second"
    assert docker("pull", "-a", name).splitlines()[-1] == name
    assert set(docker("images", "--format", "{{.Tag}}", name).split()) == {"latest", "second"}
    docker("rmi", f"{name}:latest", f"{name}:second")


def test_errors_are_dockers(docker: Docker, plain_registry: RunningRegistry, pushed: tuple[str, Pack]) -> None:
    name, _ = pushed
    for what, message in (
        (f"{name}:nosuch", f"manifest for {name}:nosuch not found: manifest unknown: manifest unknown"),
        ("127.0.0.1:1/x", 'Get "http://127.0.0.1:1/v2/": dial tcp 127.0.0.1:1: connect: connection refused'),
        ("scratch", "'scratch' is a reserved name"),
    ):
        result = docker.result("pull", what)
        assert result.code == 1
        assert message in result.err


def test_the_pull_is_an_event(docker: Docker, pushed: tuple[str, Pack]) -> None:
    name, _ = pushed
    docker("pull", "-q", name)
    span = ("--since", f"{time.time() - 60:.9f}", "--until", f"{time.time() + 0.1:.9f}")
    events = docker("events", *span, "--filter", "event=pull")
    assert f"image pull {name}:latest (name={name})" in events
    docker("rmi", name)


@pytest.mark.row("C11")
def test_shared_layers_are_stored_once(
    docker: Docker, plain_registry: RunningRegistry, pushed: tuple[str, Pack]
) -> None:
    name, _ = pushed
    second = f"{name.partition('/')[2]}-second"
    upload(plain_registry.address, second, image_pack([busybox_layer()]), "latest")
    docker("pull", "-q", name)
    lines = docker("pull", f"{plain_registry.address}/{second}")
    assert ": Already exists" in lines
    for line in docker("system", "df", "-v").splitlines():
        if line.startswith(name):
            assert re.split(r"\s{2,}", line)[5] != "0B"
    docker("rmi", name, f"{plain_registry.address}/{second}")


@pytest.mark.dockyard_only
@pytest.mark.row("M2")
def test_run_chooses_among_platforms(docker: Docker, plain_registry: RunningRegistry, pushed: tuple[str, Pack]) -> None:
    """An image of another processor is pulled because it isn't here, and stays beside ours."""
    name, _ = pushed
    path = f"{name.partition('/')[2]}-platforms"
    images = {f"linux/{one}": image_pack([busybox_layer()], architecture=one) for one in ("amd64", "s390x")}
    upload(plain_registry.address, path, index_pack(images), "latest")
    whole = f"{plain_registry.address}/{path}"
    docker("pull", "-q", whole)
    created = docker.result("create", "--platform", "linux/s390x", whole)
    assert (created.code, f"Status: Downloaded newer image for {whole}:latest" in created.err) == (0, True), created.err
    assert docker.field(created.out.strip(), "{{.Image}}") == images["linux/s390x"].config_digest
    assert docker("run", "--rm", "--platform", "linux/amd64", whole, "uname", "-s") == "Linux"
    warned = docker.result("create", whole)
    assert "The requested image's platform (linux/s390x) does not match the detected host platform" in warned.err
    docker("rm", created.out.strip(), warned.out.strip())
    inspected = json.loads(docker("manifest", "inspect", "--insecure", whole))
    assert [one["platform"]["architecture"] for one in inspected["manifests"]] == ["amd64", "s390x"]
    docker("rmi", "-f", *(pack.config_digest for pack in images.values()))
