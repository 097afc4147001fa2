"""`docker push`, and that what others pull is what we had, byte for byte."""

import base64
import hashlib
import json
import re
import subprocess
import time
from pathlib import Path

import pytest
from tests.peers import podman, program
from tests.peers.registry import RunningRegistry, get_json, registry
from tests.support.client import Docker
from tests.support.engine import PROGRAMS
from tests.support.packs import Pack, fetch_manifest, image_pack, layer, upload

pytestmark = pytest.mark.dockyard_only


def fresh(plain_registry: RunningRegistry) -> str:
    return f"{plain_registry.address}/pushed{time.monotonic_ns()}"


@pytest.mark.row("C9", "C10")
def test_push_then_push_again(docker: Docker, plain_registry: RunningRegistry) -> None:
    name = fresh(plain_registry)
    docker("tag", "busybox", f"{name}:1")
    diff_id = docker.inspect("busybox")["RootFS"]["Layers"][0][7:19]
    lines = docker("push", f"{name}:1").splitlines()
    assert lines[0] == f"The push refers to repository [{name}]"
    assert lines[1:-1] == [f"{diff_id}: Preparing", f"{diff_id}: Pushed"]
    found = re.fullmatch(r"1: digest: (sha256:[0-9a-f]{64}) size: (\d+)", lines[-1])
    assert found is not None
    manifest = fetch_manifest(plain_registry.address, name.partition("/")[2], "1")
    assert ("sha256:" + hashlib.sha256(manifest).hexdigest(), len(manifest)) == (found[1], int(found[2]))
    assert f"{name}@{found[1]}" in docker.inspect(f"{name}:1")["RepoDigests"]
    again = docker("push", f"{name}:1").splitlines()
    assert again[1:] == [f"{diff_id}: Preparing", f"{diff_id}: Layer already exists", lines[-1]]
    tags = get_json(plain_registry.address, f"/v2/{name.partition('/')[2]}/tags/list")
    assert tags == {"name": name.partition("/")[2], "tags": ["1"]}
    catalogue = get_json(plain_registry.address, "/v2/_catalog")
    assert isinstance(catalogue, dict) and name.partition("/")[2] in catalogue["repositories"]
    docker("rmi", f"{name}:1")
    assert docker("pull", "-q", f"{name}:1") == f"{name}:1"
    assert docker("run", "--rm", f"{name}:1", "echo", "back") == "back"
    docker("rmi", f"{name}:1")


@pytest.mark.parametrize("docker_types", [True, False])
@pytest.mark.parametrize("compression", ["gzip", "zstd", ""])
def test_what_was_pulled_is_pushed_byte_for_byte(
    docker: Docker, plain_registry: RunningRegistry, docker_types: bool, compression: str
) -> None:
    """Also an uncompressed layer, of which only a recipe is kept, and one that another compressor made."""
    source, target = fresh(plain_registry), fresh(plain_registry)
    pack = image_pack([layer({f"file{n}": str(n).encode() * 999 + source.encode()}, compression) for n in range(3)],
                      docker=docker_types)  # fmt: skip
    upload(plain_registry.address, source.partition("/")[2], pack, "1")
    docker("pull", "-q", f"{source}:1")
    docker("tag", f"{source}:1", f"{target}:1")
    assert f"digest: {pack.digest}" in docker("push", f"{target}:1")
    assert fetch_manifest(plain_registry.address, target.partition("/")[2], "1") == pack.manifests[-1][1]
    for digest, data in pack.blobs.items():
        assert plain_registry.blob(digest).read_bytes() == data
    docker("rmi", f"{source}:1", f"{target}:1")


def test_blobs_are_mounted_within_a_registry_and_sent_to_another(
    docker: Docker, plain_registry: RunningRegistry, second_registry: RunningRegistry
) -> None:
    name, target = fresh(plain_registry), fresh(plain_registry)
    path = name.partition("/")[2]
    elsewhere = f"{second_registry.address}/{path}"
    pack = image_pack([layer({"a": name.encode()}), layer({"b": name.encode()})])
    upload(plain_registry.address, path, pack, "latest")
    docker("pull", "-q", name)
    docker("tag", name, target)
    docker("tag", name, elsewhere)
    lines = docker("push", target).splitlines()
    assert sum(line.endswith(f": Mounted from {path}") for line in lines) == 2
    lines = docker("push", elsewhere).splitlines()
    assert sum(line.endswith(": Pushed") for line in lines) == 2
    assert lines[-1].startswith(f"latest: digest: {pack.digest} size: ")
    docker("rmi", name, target, elsewhere)


def test_a_blob_that_was_never_here_is_mounted_too(
    docker: Docker, plain_registry: RunningRegistry, pushed: tuple[str, Pack]
) -> None:
    """The layer was here when the image was pulled, in another compression: its blob is only at the registry."""
    name, pack = pushed
    target = fresh(plain_registry)
    docker("pull", "-q", name)
    docker("tag", name, target)
    assert f"digest: {pack.digest}" in docker("push", target)
    docker("rmi", name, target)


def test_all_tags(docker: Docker, plain_registry: RunningRegistry) -> None:
    name = fresh(plain_registry)
    docker("tag", "busybox", f"{name}:a")
    docker("tag", "busybox", f"{name}:b")
    out = docker("push", "-a", name)
    assert re.search("^a: digest: ", out, re.MULTILINE) and re.search("^b: digest: ", out, re.MULTILINE)
    docker("rmi", f"{name}:a", f"{name}:b")


@pytest.mark.row("K12")
def test_a_committed_image_goes_round(docker: Docker, plain_registry: RunningRegistry) -> None:
    name = fresh(plain_registry)
    container = docker("run", "-d", "busybox", "sh", "-c", "head -c 5000000 /dev/urandom >/big; ln /big /hard")
    docker("wait", container)
    identity = docker("commit", container, name)
    digest = docker("push", name).splitlines()[-1].split()[2]
    docker("rm", container)
    docker("rmi", name)
    docker("pull", "-q", f"{name}@{digest}")
    assert docker.inspect(f"{name}@{digest}")["Id"] == identity
    assert docker("run", "--rm", f"{name}@{digest}", "stat", "-c", "%s %h", "/big") == "5000000 2"
    docker("rmi", f"{name}@{digest}")


def test_errors_are_dockers(docker: Docker, plain_registry: RunningRegistry) -> None:
    name = fresh(plain_registry)
    docker("tag", "busybox", f"{name}:here")
    docker("tag", "busybox", "127.0.0.1:1/x:1")
    for what, message in (
        (f"{name}:nosuch", f"tag does not exist: {name}:nosuch"),
        ("nosuch/image", "An image does not exist locally with the tag: nosuch/image"),
        ("127.0.0.1:1/x:1", 'Get "http://127.0.0.1:1/v2/": dial tcp 127.0.0.1:1: connect: connection refused'),
    ):
        result = docker.result("push", what)
        assert (result.code, message in result.err) == (1, True), result
    docker("rmi", f"{name}:here", "127.0.0.1:1/x:1")


@pytest.mark.peer("skopeo", "podman")
def test_skopeo_and_podman_copy_what_we_pushed_and_back(
    docker: Docker, plain_registry: RunningRegistry, tmp_path: Path, short_folder: Path
) -> None:
    name = fresh(plain_registry)
    skopeo, pod = program("skopeo"), podman(short_folder)
    docker("tag", "busybox", f"{name}:ours")
    docker("push", "-q", f"{name}:ours")
    ids = docker.inspect("busybox")["Id"]
    skopeo.run("copy", "--src-tls-verify=false", f"docker://{name}:ours", f"oci:{tmp_path}/oci:x")
    skopeo.run("copy", "--dest-tls-verify=false", f"oci:{tmp_path}/oci:x", f"docker://{name}:oci")
    pod.run("pull", "--tls-verify=false", f"{name}:ours")
    assert json.loads(pod.run("inspect", f"{name}:ours").stdout)[0]["Id"] == ids.removeprefix("sha256:")
    pod.run("tag", f"{name}:ours", f"{name}:podman")
    pod.run("push", "--tls-verify=false", f"{name}:podman")
    docker("rmi", f"{name}:ours")
    for tag in ("oci", "podman"):
        docker("pull", "-q", f"{name}:{tag}")
        assert docker("run", "--rm", f"{name}:{tag}", "echo", tag) == tag
        docker("rmi", f"{name}:{tag}")


def test_a_push_that_its_client_leaves_leaves_no_name(docker: Docker, plain_registry: RunningRegistry) -> None:
    name = fresh(plain_registry)
    docker("tag", "busybox", name)
    client = docker.start("push", name, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    client.kill()
    client.wait()
    docker("push", "-q", name)
    docker("rmi", name)


def test_our_own_command_prints_what_dockers_does(
    docker: Docker, plain_registry: RunningRegistry, tmp_path: Path
) -> None:
    """`dockyard push` and `pull`; to a registry with a login they bring what `docker login` has kept."""
    name = fresh(plain_registry)
    docker("tag", "busybox", f"{name}:1")
    docker("push", "-q", f"{name}:1")
    for arguments in (
        ("push", f"{name}:1"),
        ("push", "-q", f"{name}:1"),
        ("push", f"{name}:nosuch"),
        ("pull", f"{name}:1"),
    ):
        theirs, ours = docker.result(*arguments), _dockyard(docker, tmp_path, *arguments)
        assert (ours.returncode, ours.stdout.rstrip()) == (theirs.code, theirs.out.rstrip()), arguments
    with registry(tmp_path / "registry", users={"me": "pass"}) as locked:
        private = f"{locked.address}/private"
        docker("tag", "busybox", private)
        assert "no basic auth credentials" in _dockyard(docker, tmp_path, "push", private).stderr
        entry = {"auth": base64.b64encode(b"me:pass").decode()}
        (tmp_path / "config.json").write_text(json.dumps({"auths": {locked.address: entry}}))
        assert "digest: sha256:" in _dockyard(docker, tmp_path, "push", private).stdout
        docker("rmi", private)
        assert _dockyard(docker, tmp_path, "pull", "-q", private).returncode == 0
    docker("rmi", f"{name}:1", private)


def _dockyard(docker: Docker, config: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    environment = {**(docker.client.environment or {}), "DOCKER_CONFIG": str(config)}
    command = [str(PROGRAMS / "dockyard"), *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
