"""`docker save` and `docker load`, with archives of other engines too."""

import io
import json
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.peers import busybox_image, docker_daemon, podman, program
from tests.peers.images import docker_archive, file, layer
from tests.support.client import Docker


@pytest.fixture
def image(docker: Docker, tmp_path: Path) -> Iterator[str]:
    """An image that the test may remove: one small layer of its own."""
    archive = tmp_path / "own.tar"
    docker_archive(archive, "own:1", [layer([file("file", f"{tmp_path}\n")])], {"Cmd": ["/x"]})
    docker("load", "-i", str(archive))
    yield "own:1"
    docker.result("rmi", "-f", "own:1")


@pytest.fixture
def podman_home() -> Iterator[Path]:
    """A folder with a short name: podman refuses a runroot of more than 50 letters."""
    with tempfile.TemporaryDirectory(prefix="podman-", dir="/tmp") as folder:
        yield Path(folder)


@pytest.mark.row("C2", "C3")
def test_save_remove_load_gives_the_same_id(docker: Docker, image: str, tmp_path: Path) -> None:
    identity = docker.field(image, "{{.Id}}")
    docker("save", image, "-o", str(tmp_path / "saved.tar"))
    with tarfile.open(tmp_path / "saved.tar") as archive:
        names = archive.getnames()
        assert {"manifest.json", "repositories"} <= set(names)
        [manifest] = json.load(archive.extractfile("manifest.json") or io.BytesIO())
        assert manifest["RepoTags"] == [image]
        assert set(manifest["Layers"]) | {manifest["Config"]} <= set(names)
        repositories = json.load(archive.extractfile("repositories") or io.BytesIO())
        assert list(repositories) == ["own"]
    docker("rmi", image)
    assert docker.result("image", "inspect", identity).code == 1
    assert docker("load", "-i", str(tmp_path / "saved.tar")).endswith(f"Loaded image: {image}")
    assert docker.field(image, "{{.Id}}") == identity


@pytest.mark.row("C2")
def test_standard_output_is_as_the_file(docker: Docker, image: str, tmp_path: Path) -> None:
    docker("save", "-o", str(tmp_path / "file.tar"), image)
    assert docker.raw("save", image) == (tmp_path / "file.tar").read_bytes()


@pytest.mark.dockyard_only
@pytest.mark.row("C2")
def test_the_archive_is_an_oci_layout_too(docker: Docker, image: str) -> None:
    with tarfile.open(fileobj=io.BytesIO(docker.raw("save", image))) as archive:
        layout = json.load(archive.extractfile("oci-layout") or io.BytesIO())
        index = json.load(archive.extractfile("index.json") or io.BytesIO())
        assert layout == {"imageLayoutVersion": "1.0.0"}
        digest = index["manifests"][0]["digest"].removeprefix("sha256:")
        assert f"blobs/sha256/{digest}" in archive.getnames()


@pytest.mark.row("C4")
def test_load_shows_progress_and_the_name(docker: Docker, tmp_path: Path) -> None:
    docker_archive(tmp_path / "x.tar", "progress:1", [layer([file("big", b"x" * 3_000_000)])], {})
    try:
        answer = subprocess.run(
            [
                "curl",
                "-sS",
                "--unix-socket",
                docker.socket,
                "-X",
                "POST",
                "-T",
                tmp_path / "x.tar",
                "-H",
                "Content-Type: application/x-tar",
                "http://docker/images/load?quiet=0",
            ],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        messages = [json.loads(line) for line in answer.splitlines()]
        progress = [message for message in messages if message.get("status") == "Loading layer"]
        assert progress[-1]["progressDetail"]["current"] >= 3_000_000
        assert messages[-1] == {"stream": "Loaded image: progress:1\n"}
        assert docker("load", "-i", str(tmp_path / "x.tar")) == "Loaded image: progress:1"
    finally:
        docker("rmi", "progress:1")


@pytest.mark.row("C4")
def test_an_archive_of_real_docker(docker: Docker, tmp_path: Path) -> None:
    with docker_daemon(bridge="none") as daemon:
        daemon.docker.run("load", "-i", str(busybox_image()))
        daemon.docker.run("tag", "busybox", "made-by-docker:1")
        identity = daemon.docker.run("images", "-q", "--no-trunc", "made-by-docker:1").stdout.strip()
        daemon.docker.run("save", "-o", str(tmp_path / "docker.tar"), "made-by-docker:1")
        try:
            docker("load", "-i", str(tmp_path / "docker.tar"))
            assert docker.field("made-by-docker:1", "{{.Id}}") == identity
            assert docker("run", "--rm", "made-by-docker:1", "echo", "runs") == "runs"
            docker("save", "-o", str(tmp_path / "ours.tar"), "made-by-docker:1")
            daemon.docker.run("rmi", "made-by-docker:1", "busybox")
            daemon.docker.run("load", "-i", str(tmp_path / "ours.tar"))
            again = daemon.docker.run("images", "-q", "--no-trunc", "made-by-docker:1").stdout.strip()
            assert again == identity
        finally:
            docker("rmi", "made-by-docker:1")


@pytest.mark.row("C4")
@pytest.mark.parametrize("format_", ["docker-archive", "oci-archive"])
def test_an_archive_of_podman(docker: Docker, tmp_path: Path, podman_home: Path, format_: str) -> None:
    client = podman(podman_home)
    client.run("load", "-i", str(busybox_image()))
    client.run("tag", "busybox", "localhost/made-by-podman:1")
    client.run("save", f"--format={format_}", "-o", str(tmp_path / "podman.tar"), "localhost/made-by-podman:1")
    # saving as OCI makes a config of another media type, so the id is that of the archive and not of podman's image
    identity = _config_digest(tmp_path / "podman.tar")
    if format_ == "oci-archive" and docker("version", "-f", "{{.Server.Version}}").startswith("20."):
        pytest.skip("Docker 20.10 loads no OCI layouts")
    try:
        docker("load", "-i", str(tmp_path / "podman.tar"))
        assert docker.field("localhost/made-by-podman:1", "{{.Id}}") == identity
        assert docker("run", "--rm", "localhost/made-by-podman:1", "echo", "runs") == "runs"
        docker("save", "-o", str(tmp_path / "ours.tar"), "localhost/made-by-podman:1")
        client.run("rmi", "-a", "-f")
        assert "made-by-podman:1" in client.run("load", "-i", str(tmp_path / "ours.tar")).stdout
        assert client.run("images", "-q", "--no-trunc", "made-by-podman:1").stdout.strip() == identity
    finally:
        docker.result("rmi", "localhost/made-by-podman:1")


@pytest.mark.row("C4")
def test_archives_to_and_from_skopeo(docker: Docker, tmp_path: Path) -> None:
    skopeo = program("skopeo")
    skopeo.run("copy", f"docker-archive:{busybox_image()}", f"docker-archive:{tmp_path}/skopeo.tar:made-by-skopeo:1")
    try:
        docker("load", "-i", str(tmp_path / "skopeo.tar"))
        assert docker.field("made-by-skopeo:1", "{{.Id}}") == docker.field("busybox", "{{.Id}}")
        docker("save", "-o", str(tmp_path / "ours.tar"), "made-by-skopeo:1")
        shown = json.loads(skopeo.run("inspect", "--config", f"docker-archive:{tmp_path}/ours.tar").stdout)
        assert shown["config"]["Cmd"] == ["sh"]
    finally:
        docker("rmi", "made-by-skopeo:1")


def test_what_is_no_archive_is_refused(docker: Docker, tmp_path: Path) -> None:
    before = docker("images", "-aq")
    (tmp_path / "noise").write_bytes(b"no archive at all" * 1000)
    assert docker.result("load", "-i", str(tmp_path / "noise")).code == 1
    half = busybox_image().read_bytes()[:1_000_000]
    (tmp_path / "half").write_bytes(half)
    assert docker.result("load", "-i", str(tmp_path / "half")).code == 1
    with tarfile.open(tmp_path / "empty.tar", "w"):
        pass
    assert docker.result("load", "-i", str(tmp_path / "empty.tar")).code == 1
    assert docker("images", "-aq") == before
    assert docker.result("save", "nosuchimage").code == 1


def _config_digest(path: Path) -> str:
    """The image id that an archive's own metadata gives: the digest of its config."""

    def read(archive: tarfile.TarFile, name: str) -> Any:
        return json.load(archive.extractfile(name) or io.BytesIO())

    with tarfile.open(path) as archive:
        if "manifest.json" in archive.getnames():
            [entry] = read(archive, "manifest.json")
            return "sha256:" + entry["Config"].removesuffix(".json").removeprefix("blobs/sha256/")
        manifest = read(archive, "index.json")["manifests"][0]["digest"].replace(":", "/")
        digest = read(archive, f"blobs/{manifest}")["config"]["digest"]
        assert isinstance(digest, str)
        return digest
