"""What is at a path of a container."""

from dataclasses import dataclass

from dockyard.engine.containers.archive.paths import base_name, cleaned
from dockyard.engine.containers.archive.place import file_not_found, visiting
from dockyard.engine.containers.collection import Entry
from dockyard.engine.containers.services import Services
from dockyard.errors import NotFound
from dockyard.supervisor.visit_client import PathStatus, path_status


@dataclass(frozen=True, slots=True)
class NamedStatus:
    """A status with the name that it goes by in Docker's answers."""

    name: str
    status: PathStatus


async def look(services: Services, entry: Entry, ref: str, path: str) -> NamedStatus:
    """What lstat(2) says of `path`. NotFound in Docker's words, with `ref`, SystemFailure."""
    wanted = cleaned(path)
    async with visiting(services, entry, "status", wanted) as request:
        try:
            return NamedStatus(base_name(wanted), await path_status(services.supervisor, request))
        except NotFound as error:
            raise NotFound(file_not_found(path, ref)) from error
