"""Finds the images that a Dockerfile stands on: those that are here, else pulled with the client's credentials."""

import asyncio
from collections.abc import AsyncGenerator, Callable

from dockyard.builder.plan import BaseImage
from dockyard.errors import InvalidParameter, NotFound
from dockyard.spec.image.descriptor import Platform
from dockyard.store.distribution.reference import Reference, parse_reference
from dockyard.store.images import StoredImage
from dockyard.store.images.platforms import of_platform
from dockyard.store.images.store import ImageStore
from dockyard.store.layers.leases import Lease

Pull = Callable[[Reference, Platform | None], AsyncGenerator[object, None]]
"""Pulls an image and tells how it goes."""


class EngineImages:
    """See BaseImages. `always`: pull even what is here (`--pull`). `lease` holds what was found."""

    def __init__(
        self,
        images: ImageStore,
        own: Platform,
        pull: Pull,
        told: Callable[[object], None],
        lease: Lease,
        *,
        always: bool,
    ) -> None:
        self._images = images
        self._own = own
        self._pull = pull
        self._told = told
        self._lease = lease
        self._always = always
        self._pulling = asyncio.Lock()

    async def find(self, reference: str, platform: Platform | None) -> BaseImage:
        """See BaseImages."""
        stored = None if self._always else self._here(reference, platform)
        if stored is None:
            async with self._pulling:  # one after another: their lines shall not mix
                stored = await self._pulled(reference, platform)
        if stored.chain_id is not None:
            self._lease.add(stored.chain_id)
        return BaseImage(stored.id, stored.image, stored.chain_id)

    def _here(self, reference: str, platform: Platform | None) -> StoredImage | None:
        """The image, or the one of another platform beside it, as an index of several has them."""
        try:
            return self._of_platform(reference, platform)
        except NotFound:
            return None
        except InvalidParameter as error:
            raise InvalidParameter(f"failed to parse stage name {reference!r}: {error}".replace("'", '"')) from None

    async def _pulled(self, reference: str, platform: Platform | None) -> StoredImage:
        try:
            name = parse_reference(reference).with_default_tag()
        except InvalidParameter as error:
            raise InvalidParameter(f"failed to parse stage name {reference!r}: {error}".replace("'", '"')) from None
        async for event in self._pull(name, platform):
            self._told(event)
        return self._of_platform(reference, platform)

    def _of_platform(self, reference: str, platform: Platform | None) -> StoredImage:
        stored = self._images.get(reference)
        if platform is None or _fits(stored, platform):
            return stored
        return of_platform(self._images, reference, platform)


def _fits(stored: StoredImage, platform: Platform) -> bool:
    """Whether the image is for `platform`; one that doesn't say is for all."""
    image = stored.image
    return (not platform.os or (image.os or platform.os) == platform.os) and (
        not platform.architecture or (image.architecture or platform.architecture) == platform.architecture
    )
