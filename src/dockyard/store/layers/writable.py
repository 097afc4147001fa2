"""Writable layers: one for each container, on top of an init layer of its own, on top of the image's uppermost
layer."""

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock

from dockyard.errors import AlreadyExists, NotFound, SystemFailure
from dockyard.store.graphdriver.contract import GraphDriver
from dockyard.store.layers import init_layer
from dockyard.store.layers.layer import Layer, RwLayer
from dockyard.store.layers.register import new_id
from dockyard.store.layers.table import LayerTable, RwRow

_PLANS_KEPT = 64

Init = Callable[[str], None]


class WritableLayers:
    """Containers' layers. For several threads."""

    def __init__(self, driver: GraphDriver, table: LayerTable) -> None:
        self._driver = driver
        self._table = table
        self._lock = Lock()
        self._plans: OrderedDict[str, init_layer.Plan] = OrderedDict()

    def create(self, container_id: str, below: Layer | None, init: Init | None = None) -> RwLayer:
        """Make the container's layer. `init`, given the init layer's directory, may put more into it.

        Raises AlreadyExists when the container has one, InvalidParameter when the stack becomes too deep,
        SystemFailure.
        """
        if self._table.rw(container_id) is not None:
            raise AlreadyExists(f"mount id {container_id} is in use")
        driver_id = new_id()
        row = RwRow(container_id, below.chain_id if below else None, driver_id, f"{driver_id}-init")
        try:
            self._driver.create(row.init_id, below.driver_id if below else None)
            root = self._driver.writable(row.init_id)
            init_layer.write(root, self._plan(below))
            if init is not None:
                init(root)
            self._driver.create(row.driver_id, row.init_id)
            self._table.insert_rw(row)
        except BaseException as error:
            self._driver.remove(row.driver_id)
            self._driver.remove(row.init_id)
            if isinstance(error, OSError):
                raise SystemFailure(f"create init layer: {(error.strerror or str(error)).lower()}") from error
            raise
        return self._layer(row)

    def get(self, container_id: str) -> RwLayer:
        """The container's layer. Raises NotFound."""
        row = self._table.rw(container_id)
        if row is None:
            raise NotFound(f"mount for container {container_id}: not found")
        return self._layer(row)

    def remove(self, container_id: str) -> None:
        """Remove the container's layer; nothing to do when it has none. Raises SystemFailure when it is still mounted.

        The row goes first: what a kill leaves of the directories is swept at the next start.
        """
        row = self._table.rw(container_id)
        if row is None:
            return
        self._table.delete_rw(container_id)
        self._driver.remove(row.driver_id)
        self._driver.remove(row.init_id)

    def _layer(self, row: RwRow) -> RwLayer:
        return RwLayer(row.container_id, row.chain_id, row.driver_id, row.init_id, self._driver)

    def _plan(self, below: Layer | None) -> init_layer.Plan:
        if below is None:
            return init_layer.plan(None)
        with self._lock:
            if below.driver_id in self._plans:
                self._plans.move_to_end(below.driver_id)
                return self._plans[below.driver_id]
        plan = init_layer.plan(self._driver.view(below.driver_id))
        with self._lock:
            self._plans[below.driver_id] = plan
            if len(self._plans) > _PLANS_KEPT:
                self._plans.popitem(last=False)
        return plan
