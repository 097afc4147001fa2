"""`rename`: another name for a container, whatever its state."""

import msgspec

from dockyard.engine.containers.collection import Entry
from dockyard.engine.containers.services import Services
from dockyard.engine.identifiers import NAME_PATTERN
from dockyard.errors import AlreadyExists, InvalidParameter


async def rename(services: Services, entry: Entry, new_name: str) -> None:
    """Gives the container the name `new_name`; AlreadyExists when another one has it."""
    name = new_name.removeprefix("/")
    if not name:
        raise InvalidParameter("Neither old nor new names may be empty")
    if not NAME_PATTERN.fullmatch(name):
        raise InvalidParameter(
            f"Error when allocating new name: Invalid container name (/{name}), "
            "only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed"
        )
    async with entry.lock:
        record = entry.record
        if name == record.name:
            raise InvalidParameter("Renaming a container with the same name as its current name")
        try:
            services.collection.reserve_name(name, record.id)
        except AlreadyExists as error:
            raise AlreadyExists(f"Error when allocating new name: {error}") from error
        try:
            renamed = services.collection.replace(entry, msgspec.structs.replace(record, name=name))
        except BaseException:
            services.collection.release_name(name, record.id)
            raise
        services.collection.release_name(record.name, record.id)
        services.announce(renamed, "rename", oldName=f"/{record.name}")
