"""`--cache-from`: layers of images that are here, for steps that made them somewhere else.

An image's history says which step made which layer. A step that would do the same on the same layers below takes that
image's layer instead of running.
"""

from collections.abc import Iterable, Iterator

from dockyard.builder.graph import Vertex
from dockyard.builder.plan import BuildPlan
from dockyard.builder.plan.state import LABEL_MARK
from dockyard.store.images import StoredImage
from dockyard.store.images.store import ImageStore
from dockyard.store.layers.chain import chain_ids


class CacheFrom:
    """Steps of a plan, looked for in the histories of images."""

    def __init__(self, images: ImageStore, names: Iterable[str], plan: BuildPlan) -> None:
        self._created_by = {
            step.vertex.digest: step.created_by
            for stage in plan.stages
            if stage is not None
            for step in stage.steps
            if step.vertex is not None
        }
        self._known: dict[tuple[str | None, str], str | None] = {}
        self.image_ids: set[str] = set()
        """The images, and those that they were made from."""
        for name in names:
            stored = images.find(name)
            if stored is not None:
                self._add_line(images, stored)
                for below, created_by, chain_id in _steps(stored):
                    self._known.setdefault((below, created_by), chain_id)

    def _add_line(self, images: ImageStore, stored: StoredImage) -> None:
        one: StoredImage | None = stored
        while one is not None and one.id not in self.image_ids:
            self.image_ids.add(one.id)
            one = images.find(one.parent) if one.parent is not None else None

    def find(self, vertex: Vertex, chain_id: str | None, label: str) -> str | None:
        """See Elsewhere (builder/solve/solver.py)."""
        created_by = self._created_by.get(vertex.digest)
        if created_by is None:
            return None
        return self._known.get((chain_id, created_by.replace(LABEL_MARK, label)))


def _steps(stored: StoredImage) -> Iterator[tuple[str | None, str, str]]:
    """For each step that has a layer: the chain below, what history says, and its chain."""
    chains = iter(chain_ids(stored.image.rootfs.diff_ids))
    below: str | None = None
    for step in stored.image.history:
        if not step.empty_layer:
            chain_id = next(chains, None)
            if chain_id is None:
                return
            yield below, step.created_by, chain_id
            below = chain_id
