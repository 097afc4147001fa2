"""`rm --link`: a container is no longer linked to another one; both stay."""

import msgspec

from dockyard.engine.containers.links import parse_link
from dockyard.engine.containers.services import Services
from dockyard.errors import Conflict, NotFound


async def unlink(services: Services, name: str) -> None:
    """Removes the link `/container/alias`.

    Raises:
        Conflict: the name is a container's own.
        NotFound: there is no such link; links are names of containers, too.
    """
    full = f"/{name.strip('/')}"
    parent, _, alias = full.rpartition("/")
    if not parent:
        raise Conflict("Conflict, cannot remove the default link name of the container")
    missing = f"No such container: {full[1:]}"
    try:
        entry = services.collection.find(parent)
    except NotFound as error:
        raise NotFound(missing) from error
    async with entry.lock:
        host = entry.record.host_config
        kept = tuple(link for link in host.links or () if parse_link(link).alias != alias)
        if kept == (host.links or ()):
            raise NotFound(missing)
        host = msgspec.structs.replace(host, links=kept or None)
        services.collection.replace(entry, msgspec.structs.replace(entry.record, host_config=host))
