"""A look at what a name means at a registry, without pulling it: digest, media type, platforms.

What `docker manifest inspect`, `docker service create` and scanners ask before they use an image.
"""

from dataclasses import dataclass

from dockyard.errors import DockyardError
from dockyard.spec.image.descriptor import Descriptor, Platform
from dockyard.spec.image.manifest import Index
from dockyard.store.distribution.reference import Reference
from dockyard.store.distribution.registry.client import RegistryClient
from dockyard.store.distribution.registry.credentials import Credentials
from dockyard.store.distribution.registry.fallback import from_hosts
from dockyard.store.distribution.registry.hosts import Host
from dockyard.store.distribution.registry.repository import Repository
from dockyard.store.images.store import parse_config
from dockyard.store.pull.plan import check_image, understand
from dockyard.store.pull.small import fetch_small
from dockyard.store.pull.translate import by_code


@dataclass(frozen=True, slots=True)
class Looked:
    """What is there: its descriptor, and each platform that it has something for."""

    descriptor: Descriptor
    platforms: tuple[Platform, ...]


async def look(repository: Repository, reference: Reference) -> Looked:
    """What `reference` (with tag or digest) means at `repository`. Raises Refusal, InvalidParameter."""
    name = reference.digest or reference.tag
    await repository.resolve(name)  # as Docker asks, so that what it is told is told in the same words
    fetched = await repository.manifest(name)
    understood = understand(fetched.descriptor, fetched.document(), reference)
    if isinstance(understood, Index):
        return Looked(fetched.descriptor, tuple(one.platform for one in understood.manifests if one.platform))
    check_image(understood)
    image = parse_config(await fetch_small(repository, understood.config))
    platform = Platform(image.architecture, image.os, image.variant, image.os_version)
    return Looked(fetched.descriptor, (platform,))


async def look_at_hosts(client: RegistryClient, reference: Reference, credentials: Credentials) -> Looked:
    """The same at the first host that answers: mirrors, then the registry itself."""

    async def ask(host: Host) -> Looked:
        return await look(Repository(client, host, reference, credentials), reference)

    try:
        return await from_hosts(client, await client.hosts(reference.domain), ask)
    except DockyardError as error:
        raise by_code(error) from error
