"""`system df` explains every byte: the shares are what `du` counts, and compressed layers are no secret."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.e2e.registry.conftest import busybox_layer
from tests.support.engine import PROGRAMS, Engine
from tests.support.faulty_registry import faulty_registry
from tests.support.http import request
from tests.support.packs import image_pack, layer
from tests.support.wait import wait_until

pytestmark = pytest.mark.dockyard_only


def du(root: Path) -> int:
    done = subprocess.run(["du", "-sx", "--block-size=1", str(root)], capture_output=True, text=True)
    return int(done.stdout.split()[0])


def df(engine: Engine, query: str = "") -> dict[str, object]:
    found: dict[str, object] = json.loads(request(engine.docker.socket, "GET", f"/v1.47/system/df{query}").body)
    return found


def shares(engine: Engine) -> dict[str, int]:
    listed = df(engine, "?disk=1")["Disk"]
    assert isinstance(listed, list)
    return {one["What"]: one["Size"] for one in listed}


def test_every_byte(make_engine: Callable[..., Engine]) -> None:
    engine = make_engine()
    docker = engine.docker
    busy = [busybox_layer(), layer({"random": os.urandom(3_000_000)}), layer({"zeros": bytes(2_000_000)}, "")]
    with faulty_registry({"app": {"1": image_pack(busy), "2": image_pack(busy[:2])}}) as registry:
        docker("pull", "-q", f"{registry.address}/app:1")
        docker("pull", "-q", f"{registry.address}/app:2")
    docker("volume", "create", "vol")
    container = docker(
        *("run", "-d", "--network", "none", "-v", "vol:/v", "busybox"),
        *("sh", "-c", "head -c 1000000 /dev/zero >/v/x; head -c 500000 /dev/zero >/y; echo done; sleep 1000"),
    )
    wait_until(lambda: docker("logs", container) == "done", "the container's files", 10)
    (engine.data / "content" / "downloads" / ("a" * 64)).write_bytes(bytes(300_000))
    (engine.data / "overlay2" / ("b" * 64)).mkdir()
    os.sync()
    found = shares(engine)
    # the database's journal grows meanwhile, and a page of it may be a block
    assert abs(sum(found.values()) - du(engine.data)) <= 64 << 10
    assert 3_000_000 <= found["Compressed layers, for pushes"] < 5_000_000
    assert found["Volumes"] >= 1_000_000
    assert found["Files that containers wrote"] >= 500_000
    assert found["Unfinished downloads"] >= 300_000
    assert found["Layers being made or removed"] >= 4096
    assert found["Database"] > 0 and found["Logs and settings of containers"] > 0
    printed = subprocess.run(
        [str(PROGRAMS / "dockyard"), "-H", docker.host, "system", "df", "--disk"], capture_output=True, text=True
    ).stdout
    assert "Compressed layers, for pushes" in printed and "Together" in printed
    docker("rm", "-f", container)


def test_compressed_layers_count(make_engine: Callable[..., Engine], tmp_path: Path) -> None:
    """An image's size has them, shared ones once; a prune tells of them."""
    engine = make_engine(image=False)
    docker = engine.docker
    big = layer({"random": os.urandom(2_000_000)})
    with faulty_registry({"app": {"1": image_pack([big]), "2": image_pack([big, layer({"x": b"y"})])}}) as registry:
        docker("pull", "-q", f"{registry.address}/app:1")
        alone = df(engine)
        docker("pull", "-q", f"{registry.address}/app:2")
    image = alone["Images"][0]  # type: ignore[index]
    assert image["Size"] == alone["LayersSize"] == 2_000_000 + len(big.data)
    assert image["SharedSize"] == 0
    both = {one["RepoTags"][0][-1]: one for one in df(engine)["Images"]}  # type: ignore[attr-defined]
    assert both["1"]["SharedSize"] == both["2"]["SharedSize"] == 2_000_000 + len(big.data)
    listed = json.loads(request(docker.socket, "GET", "/v1.47/images/json?shared-size=1").body)
    assert {one["SharedSize"] for one in listed} == {2_000_000}
    size = df(engine)["LayersSize"]
    everything = "%7B%22dangling%22%3A%5B%22false%22%5D%7D"
    freed = json.loads(request(docker.socket, "POST", f"/v1.47/images/prune?filters={everything}").body)
    assert freed["SpaceReclaimed"] == size
    assert df(engine)["LayersSize"] == 0
