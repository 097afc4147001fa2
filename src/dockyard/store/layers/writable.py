"""Writable layers: one for each container, on top of the init layer of its image, on top of the image's uppermost
layer.

Docker makes an init layer for each container. What it holds depends on the image alone, so here all containers of an
image share one; `docker inspect` still shows it first in LowerDir, under a name that ends in `-init`.
"""

from threading import Lock

from dockyard.errors import AlreadyExists, NotFound, SystemFailure
from dockyard.store.graphdriver.contract import GraphDriver
from dockyard.store.layers import init_layer
from dockyard.store.layers.layer import Layer, RwLayer
from dockyard.store.layers.register import new_id
from dockyard.store.layers.table import LayerTable, RwRow


class WritableLayers:
    """Containers' layers. For several threads."""

    def __init__(self, driver: GraphDriver, table: LayerTable) -> None:
        self._driver = driver
        self._table = table
        self._making_init = Lock()

    def create(self, container_id: str, below: Layer | None) -> RwLayer:
        """Make the container's layer.

        Raises AlreadyExists when the container has one, InvalidParameter when the stack becomes too deep,
        SystemFailure.
        """
        init_id = self._init(below)
        row = RwRow(container_id, below.chain_id if below else None, new_id(), init_id)
        self._driver.create(row.driver_id, init_id)
        try:
            if not self._table.insert_rw(row):
                raise AlreadyExists(f"mount id {container_id} is in use")
        except BaseException:
            self._driver.remove(row.driver_id)
            raise
        return self._layer(row)

    def get(self, container_id: str) -> RwLayer:
        """The container's layer. Raises NotFound."""
        row = self._table.rw(container_id)
        if row is None:
            raise NotFound(f"mount for container {container_id}: not found")
        return self._layer(row)

    def forget(self, container_id: str) -> tuple[str, ...]:
        """Make the container's layer not exist; returns the directories that are left to be deleted, by whomever.

        The row goes first: what a kill leaves of the directories is swept at the next start. Nothing to do (and to
        delete) for a container without a layer.
        """
        row = self._table.rw(container_id)
        if row is None:
            return ()
        self._table.delete_rw(container_id)
        return self._driver.detach(row.driver_id)

    def remove(self, container_id: str) -> None:
        """Remove the container's layer, if it has one. Raises SystemFailure when it is still mounted."""
        row = self._table.rw(container_id)
        if row is not None:
            self._table.delete_rw(container_id)
            self._driver.remove(row.driver_id)

    def _layer(self, row: RwRow) -> RwLayer:
        return RwLayer(row.container_id, row.chain_id, row.driver_id, row.init_id, self._driver)

    def _init(self, below: Layer | None) -> str:
        """The init layer on `below`, made when the first container needs it. The caller holds a lease on `below`."""
        chain_id = below.chain_id if below else None
        known = self._table.init_layer(chain_id)
        if known is not None:
            return known
        with self._making_init:
            known = self._table.init_layer(chain_id)
            return known or self._make_init(chain_id, below.driver_id if below else None)

    def _make_init(self, chain_id: str | None, below: str | None) -> str:
        init_id = f"{below or new_id()}-init"
        self._driver.create(init_id, below)
        try:
            view = self._driver.view(below) if below else None
            init_layer.write(self._driver.writable(init_id), init_layer.plan(view))
            self._table.insert_init(chain_id, init_id)
        except BaseException as error:
            self._driver.remove(init_id)
            if isinstance(error, OSError):
                raise SystemFailure(f"create init layer: {(error.strerror or str(error)).lower()}") from error
            raise
        return init_id
