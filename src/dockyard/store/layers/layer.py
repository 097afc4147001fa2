"""What the layer store answers: a read-only layer, and the writable one of a container."""

from collections.abc import Iterator
from dataclasses import dataclass

from dockyard.fs.mount import Mount
from dockyard.store.graphdriver.contract import Change, GraphDriver
from dockyard.store.graphdriver.view import View


@dataclass(frozen=True, slots=True)
class Layer:
    """A read-only layer. `size_bytes` are its own files', `archive_bytes` its uncompressed archive's."""

    chain_id: str
    diff_id: str
    parent: str | None
    driver_id: str
    size_bytes: int
    archive_bytes: int


@dataclass(frozen=True, slots=True)
class RwLayer:
    """A container's writable layer on `chain_id` (None: on nothing), with its init layer in between."""

    container_id: str
    chain_id: str | None
    driver_id: str
    init_id: str
    driver: GraphDriver

    def root(self) -> str:
        """The directory where the container's root is once `mounts` have been performed."""
        return self.driver.root(self.driver_id)

    def mounts(self) -> tuple[Mount, ...]:
        """What to mount before the container starts."""
        return self.driver.mounts(self.driver_id)

    def graph_data(self) -> dict[str, str]:
        """GraphDriver.Data of `docker inspect`."""
        return self.driver.graph_data(self.driver_id)

    def view(self) -> View:
        """The whole root filesystem, for reading without a mount."""
        return self.driver.view(self.driver_id)

    def changes(self) -> list[Change]:
        """`docker diff`: what the container changed, sorted by path."""
        return list(self.driver.changes(self.driver_id, self.init_id))

    def diff_tar(self) -> Iterator[bytes]:
        """The container's changes as a layer archive."""
        return self.driver.diff(self.driver_id, self.init_id)

    def size_bytes(self) -> int:
        """Bytes that the container wrote (SizeRw)."""
        return self.driver.size_bytes(self.driver_id, self.init_id)
