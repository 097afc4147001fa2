"""The connection is cut in each phase of a pull: once, and it arrives all the same; always, and nothing is left."""

import threading
from collections.abc import Awaitable, Callable

import pytest
from tests.support.faulty_registry import Answer, Asked, FaultyRegistry, faulty_registry
from tests.support.packs import image_pack, index_pack, layer
from tests.support.pulling import Pulling

from dockyard.errors import DockyardError
from dockyard.store.pull.downloads import Limits

Make = Callable[..., Awaitable[Pulling]]
LAYERS = [layer({"one": bytes(range(256)) * 300}), layer({"two": b"2" * 50_000}, "zstd")]
IMAGE = image_pack(LAYERS)
PACK = index_pack({"linux/amd64": IMAGE})

PHASES: dict[str, Callable[[Asked], bool]] = {
    "the index": lambda asked: asked.method == "GET" and asked.path.endswith("/manifests/latest"),
    "the manifest": lambda asked: asked.path.endswith(f"/manifests/{IMAGE.digest}"),
    "the configuration": lambda asked: asked.blob == IMAGE.config_digest,
    "a layer": lambda asked: asked.blob == LAYERS[0].digest,
    "the last layer": lambda asked: asked.blob == LAYERS[1].digest,
}


class Cut:
    """Cuts answers in a phase, in the middle of what they bring or before they begin, so often."""

    def __init__(self, registry: FaultyRegistry, phase: str, share: float, times: int) -> None:
        self._registry = registry
        self._phase = PHASES[phase]
        self._share = share
        self._lock = threading.Lock()
        self.left = times
        self.cuts = 0

    def __call__(self, asked: Asked) -> Answer | None:
        with self._lock:
            if not self._phase(asked) or not self.left:
                return None
            self.left -= 1
            self.cuts += 1
        answer = self._registry.right(asked)
        answer.cut_after = int(len(answer.body) * self._share)
        return answer


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("share", [0, 0.5])
async def test_cut_once(pulling: Make, phase: str, share: float) -> None:
    with faulty_registry({"app": {"latest": PACK}}) as registry:
        registry.fault = cut = Cut(registry, phase, share, 1)
        it = await pulling()
        assert await it.pull(f"{registry.address}/app:latest") is True
        assert cut.cuts == 1
        assert [one.id for one in it.store.images.images()] == [IMAGE.config_digest]


@pytest.mark.parametrize("phase", PHASES)
async def test_always_cut(pulling: Make, phase: str) -> None:
    with faulty_registry({"app": {"latest": PACK}}) as registry:
        registry.fault = Cut(registry, phase, 0, 1 << 30)
        it = await pulling(limits=Limits(attempts=2))
        with pytest.raises(DockyardError):
            await it.pull(f"{registry.address}/app:latest")
        assert it.leftovers() == set()
        assert it.store.images.images() == []
