"""Signatures and SBOMs follow their image between Debian's registries, which keep no lists of referrers."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.e2e.registry.conftest import busybox_layer
from tests.peers.registry import RunningRegistry
from tests.support.engine import PROGRAMS, Engine
from tests.support.packs import INDEX, MANIFEST, Pack, artifact_pack, attested_pack, fetch_manifest, image_pack, upload

pytestmark = pytest.mark.dockyard_only
IMAGE = attested_pack({"linux/amd64": image_pack([busybox_layer()])})
SIGNATURE = artifact_pack("application/vnd.dev.sigstore.bundle", b"signed", IMAGE.manifests[-1])
COSIGN = artifact_pack("application/vnd.dev.cosign.simplesigning.v1+json", b"signed long ago")
LIST_TAG = f"sha256-{IMAGE.digest[7:]}"


def put(registry: RunningRegistry, repository: str) -> str:
    """The image with all that refers to it, as `cosign sign` and `oras attach` leave it there."""
    upload(registry.address, repository, IMAGE, "1")
    upload(registry.address, repository, SIGNATURE, SIGNATURE.digest)
    media_type, data = SIGNATURE.manifests[-1]
    entry = {"mediaType": media_type, "size": len(data), "digest": SIGNATURE.digest, "artifactType": "x/y"}
    index = json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": [entry]}).encode()
    upload(registry.address, repository, Pack({}, [(INDEX, index)]), LIST_TAG)
    upload(registry.address, repository, COSIGN, f"{LIST_TAG}.sig")
    return f"{registry.address}/{repository}:1"


@pytest.mark.parametrize("how", ["daemon.json", "dockyard pull --referrers"])
def test_they_follow(
    make_engine: Callable[..., Engine],
    plain_registry: RunningRegistry,
    second_registry: RunningRegistry,
    tmp_path: Path,
    how: str,
) -> None:
    repository = f"signed-{how.partition('.')[0].replace(' ', '')}".lower().replace("--", "-")
    name = put(plain_registry, repository)
    target = f"{second_registry.address}/{repository}:1"
    (tmp_path / "daemon.json").write_text(json.dumps({"pull-referrers": how == "daemon.json"}))
    engine = make_engine(f"--config-file={tmp_path}/daemon.json", image=False)
    if how == "daemon.json":
        engine.docker("pull", "-q", name)
    else:
        command = [str(PROGRAMS / "dockyard"), "-H", engine.docker.host, "pull", "--referrers", name]
        subprocess.run(command, check=True, timeout=60)
    engine.restart()
    engine.docker("tag", name, target)
    assert f"digest: {IMAGE.digest}" in engine.docker("push", target)
    for tag, pack in (("1", IMAGE), (SIGNATURE.digest, SIGNATURE), (f"{LIST_TAG}.sig", COSIGN)):
        assert fetch_manifest(second_registry.address, repository, tag) == pack.manifests[-1][1]
        for digest, data in pack.blobs.items():
            assert second_registry.blob(digest).read_bytes() == data
    listed = json.loads(fetch_manifest(second_registry.address, repository, LIST_TAG))
    assert [(one["mediaType"], one["digest"]) for one in listed["manifests"]] == [(MANIFEST, SIGNATURE.digest)]
    engine.docker("rmi", name, target)
    assert not list((engine.data / "content" / "blobs" / "sha256").iterdir())
