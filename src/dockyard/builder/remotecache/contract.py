"""The contract with places where caches lie: a repository of a registry, a content store of the client."""

from collections.abc import Sequence
from typing import Protocol

from dockyard.builder.export.contract import Moved, Report
from dockyard.spec.image.descriptor import Descriptor
from dockyard.store.pull.plan import LayerStep
from dockyard.store.push.parcel import Parcel


class CachePlace(Protocol):
    """One cache that is read."""

    async def root(self) -> bytes:
        """Its manifest or index. NotFound and what the registry says."""

    async def read(self, blob: Descriptor) -> bytes:
        """A small blob of it, checked against its digest."""

    async def fetch(self, steps: Sequence[LayerStep], moved: Moved) -> str:
        """Have the layers here, lowest first; the uppermost one's chain id. Hold a lease on all chain ids."""


class CachePlaces(Protocol):
    """Finds places for caches."""

    def registry(self, reference: str, *, insecure: bool) -> CachePlace:
        """What `reference` means at its registry."""

    def client(self, name: str, digest: str) -> CachePlace:
        """The client's content store `name`, in which the cache's root has this digest."""

    async def send(self, reference: str, parcel: Parcel, *, insecure: bool, report: Report) -> None:
        """Put a cache under a name at its registry."""
