"""SIGKILL of the daemon in each phase of a pull: nothing wrong is left, and the next pull goes on where it was."""

import json
import os
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.e2e.registry.conftest import busybox_layer
from tests.support.engine import Engine
from tests.support.faulty_registry import Answer, Asked, FaultyRegistry, faulty_registry, ranged
from tests.support.packs import image_pack, layer
from tests.support.wait import wait_until

pytestmark = pytest.mark.dockyard_only
LAYERS = [busybox_layer(), layer({f"data{n}": os.urandom(300_000) for n in range(4)}), layer({"last": b"x" * 1000})]
PACK = image_pack(LAYERS)
BIG, LAST = LAYERS[1], LAYERS[2]
HALF = len(BIG.data) // 2


class Stop:
    """Stops the registry's answer at a point, and says when that has been reached."""

    def __init__(self, at: Callable[[Asked], bool], after: int) -> None:
        self.reached, self.go = threading.Event(), threading.Event()
        self._at, self._after = at, after

    def __call__(self, registry: FaultyRegistry, asked: Asked) -> Answer | None:
        if not self._at(asked):
            return None
        answer = registry.right(asked)
        answer.hold, answer.hold_after = self.go, self._after
        self.reached.set()
        return answer


PHASES: dict[str, tuple[Callable[[Asked], bool], int]] = {
    "manifest": (lambda asked: "/manifests/" in asked.path and asked.method == "GET", 10),
    "config": (lambda asked: asked.blob == PACK.config_digest, 10),
    "begin of a layer": (lambda asked: asked.blob == BIG.digest, 0),
    "middle of a layer": (lambda asked: asked.blob == BIG.digest, HALF),
    "last layer, the others unpacked": (lambda asked: asked.blob == LAST.digest, 5),
}


def blobs(engine: Engine) -> set[str]:
    return {path.name for path in (engine.data / "content" / "blobs" / "sha256").iterdir()}


def layers(engine: Engine) -> set[str]:
    return {path.name for path in (engine.data / "overlay2").iterdir()} - {"l"}


@pytest.mark.parametrize("phase", PHASES)
def test_killed(make_engine: Callable[..., Engine], phase: str) -> None:
    engine = make_engine(image=False)
    with faulty_registry({"app": {"latest": PACK}}) as registry:
        stop = Stop(*PHASES[phase])
        registry.fault = lambda asked: stop(registry, asked)
        name = f"{registry.address}/app"
        client = engine.docker.start("pull", name, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        assert stop.reached.wait(20)
        if "layer" in phase and "begin" not in phase:
            wanted = {one.digest[7:] for one in LAYERS}
            downloads = engine.data / "content" / "downloads"
            least = HALF if "middle" in phase else len(BIG.data)
            wait_until(lambda: _size(downloads / BIG.digest[7:]) >= least, "the download", 20)
            assert {path.name for path in downloads.iterdir()} <= wanted
        engine.kill()
        client.wait(20)
        stop.go.set()
        registry.fault = lambda asked: None
        registry.asked.clear()
        engine.start()
        # the restart has removed what had no name yet, but for what can be gone on with
        assert engine.docker("images", "-q") == ""
        assert blobs(engine) == set()
        assert layers(engine) == set()
        engine.docker("pull", name)
        if "middle" in phase:
            assert [one.headers.get("range") for one in registry.asked if one.blob == BIG.digest] == [f"bytes={HALF}-"]
        if "last" in phase:
            assert BIG.digest not in {one.blob for one in registry.asked}
        assert engine.docker("run", "--rm", "--network", "none", name, "cat", "/last") == "x" * 1000
        assert blobs(engine) == {digest[7:] for digest in (*PACK.blobs, PACK.digest)}
        assert not list((engine.data / "content" / "downloads").iterdir())
        engine.docker("rmi", name)
        # the container's own layer goes in the background
        wait_until(lambda: (blobs(engine), layers(engine)) == (set(), set()), "everything to be gone", 10)


def test_killed_again_and_again_it_still_arrives(make_engine: Callable[..., Engine]) -> None:
    """Each daemon gets a little further; no byte is fetched twice."""
    engine = make_engine(image=False)
    with faulty_registry({"app": {"latest": PACK}}) as registry:
        name = f"{registry.address}/app"
        downloads = engine.data / "content" / "downloads" / BIG.digest[7:]
        for step in range(1, 4):
            least = HALF // 4 * step

            def fault(asked: Asked, least: int = least) -> Answer | None:
                if asked.blob != BIG.digest:
                    return None
                answer = ranged(BIG.data, asked)
                answer.hold, answer.hold_after = threading.Event(), least - (len(BIG.data) - len(answer.body))
                return answer

            registry.fault = fault
            client = engine.docker.start("pull", name, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            wait_until(lambda: _size(downloads) >= least, f"{least} bytes", 20)  # noqa: B023
            engine.kill()
            client.wait(20)
            engine.start()
        registry.fault = lambda asked: None
        engine.docker("pull", name)
        starts = [one.headers.get("range") for one in registry.asked if one.blob == BIG.digest]
        assert starts == [None, *(f"bytes={HALF // 4 * step}-" for step in range(1, 4))]


def test_prune_removes_what_nobody_goes_on_with(make_engine: Callable[..., Engine], tmp_path: Path) -> None:
    engine = make_engine(image=False)
    downloads = engine.data / "content" / "downloads"
    (downloads / ("a" * 64)).write_bytes(b"x" * 1000)
    engine.restart()
    assert list(downloads.iterdir())
    freed = json.loads(_post(engine, "/images/prune"))["SpaceReclaimed"]
    assert freed == 1000
    assert not list(downloads.iterdir())


def _post(engine: Engine, path: str) -> str:
    from tests.support.http import request

    return request(engine.docker.socket, "POST", path).body.decode()


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return -1
