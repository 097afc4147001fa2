"""`rename`: another name for a container, whatever its state."""

import dataclasses
from collections.abc import Sequence

import msgspec

from dockyard.engine.containers.collection import Entry
from dockyard.engine.containers.links import renamed as renamed_links
from dockyard.engine.containers.record import Container
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
            renamed = services.collection.replace(entry, _renamed(record, name))
        except BaseException:
            services.collection.release_name(name, record.id)
            raise
        services.collection.release_name(record.name, record.id)
        for attachment in renamed.attachments:
            await services.networks.rename(attachment)
        services.announce(renamed, "rename", oldName=f"/{record.name}")
    await _rename_in_links(services, record.name, name)


async def _rename_in_links(services: Services, old: str, new: str) -> None:
    """The container goes on being linked to others, and others to it. No two locks are held at a time."""
    for entry in services.collection:
        links = entry.record.host_config.links or ()
        if links and renamed_links(links, old, new) != tuple(links):
            async with entry.lock:
                record = entry.record
                host = msgspec.structs.replace(
                    record.host_config, links=renamed_links(record.host_config.links or (), old, new)
                )
                services.collection.replace(entry, msgspec.structs.replace(record, host_config=host))


def _renamed(record: Container, name: str) -> Container:
    """`record` with the other name, by which it is found in its networks, too."""

    def names(before: Sequence[str]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name if one == record.name else one for one in before))

    attachments = tuple(
        dataclasses.replace(one, container_name=name, dns_names=names(one.dns_names)) for one in record.attachments
    )
    endpoints = tuple(
        msgspec.structs.replace(one, dns_names=names(one.dns_names)) if one.dns_names else one
        for one in record.endpoints
    )
    return msgspec.structs.replace(record, name=name, attachments=attachments, endpoints=endpoints)
