"""`discard-unpacked-layers` in the real daemon: half the disk, the same digests in another registry."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.e2e.registry.conftest import busybox_layer
from tests.peers.registry import RunningRegistry
from tests.support.engine import Engine
from tests.support.packs import fetch_manifest, image_pack, layer, upload

pytestmark = pytest.mark.dockyard_only


def test_pulled_and_pushed_with_the_same_digest(
    make_engine: Callable[..., Engine],
    plain_registry: RunningRegistry,
    second_registry: RunningRegistry,
    tmp_path: Path,
) -> None:
    layers = [busybox_layer(), layer({"data": os.urandom(500_000)}), layer({"zstd": os.urandom(200_000)}, "zstd")]
    pack = image_pack(layers)
    upload(plain_registry.address, "discarded", pack, "1")
    (tmp_path / "daemon.json").write_text(json.dumps({"discard-unpacked-layers": True}))
    engine = make_engine(f"--config-file={tmp_path}/daemon.json", image=False)
    docker, name = engine.docker, f"{second_registry.address}/discarded:1"
    docker("pull", "-q", f"{plain_registry.address}/discarded:1")
    few = {one[7:] for one in {*pack.blobs, pack.digest} - {one.digest for one in layers}}
    blobs = engine.data / "content" / "blobs" / "sha256"
    assert {path.name for path in blobs.iterdir()} == few
    engine.restart()
    assert docker("run", "--rm", "--network", "none", f"{plain_registry.address}/discarded:1", "echo", "hi") == "hi"
    docker("tag", f"{plain_registry.address}/discarded:1", name)
    assert f"digest: {pack.digest}" in docker("push", name)
    assert fetch_manifest(second_registry.address, "discarded", "1") == pack.manifests[-1][1]
    assert {path.name for path in blobs.iterdir()} == few
    docker("commit", docker("create", f"{plain_registry.address}/discarded:1", "x"), f"{name}-built")
    docker("push", f"{name}-built")
    assert len(list(blobs.iterdir())) == len(few) + 2  # its configuration and manifest
