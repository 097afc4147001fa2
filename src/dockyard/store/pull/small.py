"""Configurations and artifacts: blobs that are small enough for memory."""

from dockyard.errors import InvalidParameter
from dockyard.spec.image.descriptor import Descriptor
from dockyard.store.content.digest import digest_of
from dockyard.store.distribution.registry.repository import Repository
from dockyard.store.pull.plan import CONFIG_BYTES


async def fetch_small(repository: Repository, descriptor: Descriptor) -> bytes:
    """A small blob, whole, asked for again when it is cut off.

    Raises RegistryFailure, and InvalidParameter when it isn't what its descriptor says.
    """
    data = await repository.small_blob(descriptor.digest, min(descriptor.size, CONFIG_BYTES))
    if len(data) != descriptor.size or digest_of(data) != descriptor.digest:
        raise InvalidParameter("image config verification failed for digest " + descriptor.digest)
    return data
