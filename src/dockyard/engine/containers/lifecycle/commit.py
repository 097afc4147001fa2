"""`commit`: an image from a container's changes. A running container is frozen meanwhile, unless its user minds."""

from dataclasses import dataclass

from dockyard.engine.containers.collection import Entry
from dockyard.engine.containers.config import Config
from dockyard.engine.containers.defaults import with_image
from dockyard.engine.containers.lifecycle.pause import become
from dockyard.engine.containers.services import Services
from dockyard.engine.containers.state import Status
from dockyard.engine.images.commitment import Commitment
from dockyard.errors import Conflict, DockyardError, NotFound, Unavailable
from dockyard.store.distribution.reference import parse_reference
from dockyard.supervisor.client import ShimConnection


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the user says of the new image; `config` adds to the container's own configuration."""

    repository: str
    tag: str
    author: str
    comment: str
    changes: tuple[str, ...]
    pause: bool
    config: Config | None


async def commit(services: Services, entry: Entry, wanted: Wanted) -> str:
    """Makes the image and returns its id."""
    async with entry.lock:
        record = entry.record
        config = record.config if wanted.config is None else with_image(wanted.config, record.config)
        request = Commitment(
            config=config,
            changes=wanted.changes,
            repository=wanted.repository,
            tag=wanted.tag,
            author=wanted.author,
            comment=wanted.comment,
            created_by=" ".join((record.path, *record.args)),
            container_config=record.config,
        )
        shim = await _freeze(services, entry) if wanted.pause and record.state.status == Status.RUNNING else None
        try:
            image_id = await services.images.commit(services.layers.rw(record.id), record.image_id, request)
            name = _familiar(wanted.repository, wanted.tag)
            services.announce(record, "commit", comment=wanted.comment, imageID=image_id, imageRef=name)
            return image_id
        finally:
            if shim is not None and entry.record.state.status == Status.PAUSED:
                await _thaw(services, entry, shim)


def _familiar(repository: str, tag: str) -> str:
    """The image's new name as people write it; empty when it got none."""
    if not repository:
        return ""
    return parse_reference(f"{repository}:{tag}" if tag else repository).with_default_tag().familiar


async def _freeze(services: Services, entry: Entry) -> ShimConnection | None:
    """Stops the container's processes; None when they have just ended by themselves."""
    shim = entry.shim
    if shim is None:
        return None
    try:
        await shim.pause(while_connected=True)  # a daemon that is killed meanwhile leaves nothing frozen
    except (Conflict, NotFound, Unavailable):
        return None
    become(services, entry, Status.PAUSED)
    services.announce(entry.record, "pause")
    return shim


async def _thaw(services: Services, entry: Entry, shim: ShimConnection) -> None:
    """Lets the container go on; that it can't be thawed must not hide the image that has been made."""
    try:
        await shim.resume()
    except Unavailable:
        return  # killed meanwhile: its end is told next
    except DockyardError as error:
        services.background.on_error(f"thaw {entry.record.id[:12]}", error)
        return
    become(services, entry, Status.RUNNING)
    services.announce(entry.record, "unpause")
