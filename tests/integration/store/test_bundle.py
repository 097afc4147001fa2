"""An image becomes a bundle that a real runc runs, from every form in which images lie about."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.peers import busybox_archive_files, program
from tests.peers.images import layer
from tests.support.stores import AMD64
from tests.support.tarballs import docker_archive, file, image_config, tarball
from tests.support.trees import snapshot

from dockyard.errors import AlreadyExists, InvalidParameter, NotFound
from dockyard.store.archive.bundle import unpack_bundle

pytestmark = [pytest.mark.root, pytest.mark.timeout(120)]

TOP = tarball([file("etc/.wh.shadow"), file("data/given", b"from the image", uid=1000)])


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = layer(busybox_archive_files())
    config = image_config(
        [base, TOP],
        config={
            "Entrypoint": ["/bin/sh", "-c"],
            "Cmd": ["id -u; id -g; pwd; echo $GREETING; cat /data/given; ls /etc"],
            "Env": ["GREETING=hello", "PATH=/bin"],
            "User": "daemon:nogroup",
            "WorkingDir": "/home",
            "Labels": {"a": "b", "org.opencontainers.image.author": "label"},
            "ExposedPorts": {"80/tcp": {}, "53/udp": {}},
            "StopSignal": "SIGINT",
            "Volumes": {"/var/lib/x": {}},
        },
        author="field",
    )
    path = tmp_path_factory.mktemp("image") / "image.tar"
    path.write_bytes(docker_archive([base, TOP], ["made.example/here:1"], config=config))
    return path


@pytest.fixture(params=["docker archive", "oci archive", "oci directory"])
def source(request: pytest.FixtureRequest, archive: Path, tmp_path: Path) -> Path:
    target = tmp_path / "image"
    if request.param == "docker archive":
        return archive
    transport = "oci-archive" if request.param == "oci archive" else "oci"
    program("skopeo").run("copy", f"docker-archive:{archive}", f"{transport}:{target}:made.example/here:1")
    return target


@pytest.fixture
def bundle(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "bundle"


@pytest.mark.peer("runc", "skopeo")
@pytest.mark.row("M3")
def test_runc_runs_it(source: Path, bundle: Path, tmp_path: Path) -> None:
    unpack_bundle(str(source), str(bundle), name="made.example/here:1", platform=AMD64)
    runc = program("runc", peer="runc")
    done = runc.run(
        "--root", f"{tmp_path}/state", "run", "--bundle", str(bundle), f"dockyard-test-{bundle.parent.name}"
    )
    lines = done.stdout.split()
    assert lines[:2] == ["1", "65534"]
    assert lines[2:4] == ["/home", "hello"]
    assert " ".join(lines[4:7]) == "from the imagegroup"
    assert lines[7:] == ["passwd"]


def test_what_config_json_says(archive: Path, bundle: Path) -> None:
    unpack_bundle(str(archive), str(bundle), platform=AMD64)
    config = json.loads((bundle / "config.json").read_text())
    assert config["process"]["args"][:2] == ["/bin/sh", "-c"]
    assert config["process"]["cwd"] == "/home"
    assert config["process"]["user"] == {"uid": 1, "gid": 65534}
    assert config["process"]["env"] == ["GREETING=hello", "PATH=/bin"]
    assert config["annotations"] == {
        "a": "b",
        "org.opencontainers.image.os": "linux",
        "org.opencontainers.image.architecture": "amd64",
        "org.opencontainers.image.author": "label",
        "org.opencontainers.image.created": "2024-01-02T03:04:05Z",
        "org.opencontainers.image.stopSignal": "SIGINT",
        "org.opencontainers.image.exposedPorts": "53/udp,80/tcp",
    }
    assert "/var/lib/x" in [mount["destination"] for mount in config["mounts"]]
    assert (bundle / "rootfs" / "data" / "given").stat().st_uid == 1000
    assert not (bundle / "rootfs" / "etc" / "shadow").exists()


def test_nothing_is_left_of_a_failure(archive: Path, bundle: Path, tmp_path: Path) -> None:
    before = set(tmp_path.iterdir())
    with pytest.raises(NotFound, match="No such image: other:latest"):
        unpack_bundle(str(archive), str(bundle), name="other", platform=AMD64)
    with pytest.raises(InvalidParameter, match="no such file or directory"):
        unpack_bundle(str(tmp_path / "nothing"), str(bundle), platform=AMD64)
    damaged = tmp_path / "damaged.tar"
    damaged.write_bytes(archive.read_bytes()[:300_000])
    with pytest.raises(InvalidParameter, match="unexpected EOF"):
        unpack_bundle(str(damaged), str(bundle), platform=AMD64)
    unknown = tmp_path / "unknown.tar"
    config = image_config([TOP], config={"Cmd": ["x"], "User": "nobody-here"})
    unknown.write_bytes(docker_archive([TOP], config=config))
    with pytest.raises(InvalidParameter, match="unable to find user nobody-here"):
        unpack_bundle(str(unknown), str(bundle), platform=AMD64)
    assert set(tmp_path.iterdir()) - before == {damaged, unknown}


def test_an_existing_directory_is_not_touched(archive: Path, bundle: Path) -> None:
    bundle.mkdir()
    (bundle / "mine").write_bytes(b"")
    with pytest.raises(AlreadyExists):
        unpack_bundle(str(archive), str(bundle), platform=AMD64)
    assert [path.name for path in bundle.iterdir()] == ["mine"]


@pytest.mark.peer("umoci", "skopeo")
def test_umoci_agrees_on_the_tree(archive: Path, bundle: Path, tmp_path: Path) -> None:
    program("skopeo").run("copy", f"docker-archive:{archive}", f"oci:{tmp_path}/layout:tag")
    program("umoci").run("unpack", "--image", f"{tmp_path}/layout:tag", f"{tmp_path}/theirs")
    unpack_bundle(f"{tmp_path}/layout", str(bundle), name="tag", platform=AMD64)
    # The times of these two differ: one is only implied, in the other something was deleted.
    without = {"data", "etc"}
    theirs = snapshot(tmp_path / "theirs" / "rootfs", without=without)
    ours = snapshot(bundle / "rootfs", without=without)
    assert ours == theirs
