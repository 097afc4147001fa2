"""All containers of the engine: the present record of each, found by id, id prefix or name.

One `Entry` per container holds what is not part of the record: the lock that lifecycle verbs take, the connection to
its shim while it lives, and who waits for its end. Lookups and `snapshot` take no lock.
"""

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from dockyard.engine.containers.record import Container
from dockyard.engine.containers.storage import ContainerStorage
from dockyard.errors import AlreadyExists, Conflict, InvalidParameter, NotFound, SystemFailure
from dockyard.fs.mount import Mount
from dockyard.supervisor.client import ClientSocket, ShimConnection

LOG = logging.getLogger(__name__)


@dataclass(slots=True)
class Entry:
    """One container: its present record, and what belongs to this daemon's life only."""

    record: Container
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    shim: ShimConnection | None = None
    pending_attachments: list[ClientSocket] = field(default_factory=list)
    """Clients that attached before the start; handed over to the shim with it."""
    next_exit: "asyncio.Future[Container]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    """Done, with the record, when the next (or present) run has ended and been worked off."""
    removed: "asyncio.Future[Container]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    host_mounts: tuple[Mount, ...] = ()
    """What the shim mounts on the host before a build's command starts, beside the root."""
    private_env: tuple[str, ...] = ()
    """Variables of a build's command that stand in no record: secrets."""
    memory: str = ""
    """The directory in memory where the bundle's configuration is, because it has them; "" for the bundle itself."""
    stop_requested: bool = False
    """Whether somebody asked for the end of the present run, so that no restart policy applies to it."""
    oom_told: bool = False
    """Whether an event has told that the kernel killed something of the present run for want of memory."""
    restarting_on_request: bool = False
    """Whether `restart` stopped it and will start it again: then `--rm` doesn't remove it in between."""
    restart_wait_seconds: float = 0.0
    """How long the last automatic restart was waited for; 0 when there was none."""
    restart_timer: "asyncio.Task[None] | None" = None
    teardown: "asyncio.Task[None] | None" = None
    """What still has to be undone of the last run before the next one may begin."""

    def finish_run(self) -> None:
        """Tells those who wait for the end of a run; later waiters wait for the next one."""
        ended, self.next_exit = self.next_exit, asyncio.get_running_loop().create_future()
        ended.set_result(self.record)

    def finish_removal(self) -> None:
        """Tells those who wait for the removal."""
        self.removed.set_result(self.record)

    def close_pending_attachments(self) -> None:
        """Ends the connections of clients that attached to a run that will not come."""
        for client in self.pending_attachments:
            client.close()
        self.pending_attachments.clear()


class Collection:
    """The containers, by id and by name. Used on the event loop's thread only."""

    def __init__(self, storage: ContainerStorage) -> None:
        self._storage = storage
        self._by_id: dict[str, Entry] = {}
        self._id_by_name: dict[str, str] = {}
        self._held_volumes: Counter[str] = Counter()
        self._leaving_volumes: set[str] = set()

    def __iter__(self) -> Iterator[Entry]:
        return iter(tuple(self._by_id.values()))

    def __len__(self) -> int:
        return len(self._by_id)

    @property
    def names(self) -> dict[str, str]:
        """Name to id, of all containers and of those being created."""
        return self._id_by_name

    def reserve_name(self, name: str, container_id: str) -> None:
        """Takes `name` for `container_id`; AlreadyExists (Docker's words) when another container has it."""
        owner = self._id_by_name.setdefault(name, container_id)
        if owner != container_id:
            raise AlreadyExists(
                f'Conflict. The container name "/{name}" is already in use by container "{owner}". '
                "You have to remove (or rename) that container to be able to reuse that name."
            )

    def release_name(self, name: str, container_id: str) -> None:
        """Gives `name` back if `container_id` has it."""
        if self._id_by_name.get(name) == container_id:
            del self._id_by_name[name]

    def create(self, record: Container) -> Entry:
        """Writes a new container's files, the record last, and makes it findable."""
        self._storage.save_host_config(record, new=True)
        self._storage.save(record)
        return self.add(record)

    def add(self, record: Container) -> Entry:
        """Makes the container findable; its name must have been reserved."""
        entry = Entry(record)
        self._by_id[record.id] = entry
        return entry

    def discard(self, container_id: str) -> None:
        """Forgets a container and its name."""
        entry = self._by_id.pop(container_id, None)
        if entry is not None:
            self.release_name(entry.record.name, container_id)

    def replace(self, entry: Entry, record: Container) -> Container:
        """Makes `record` the container's present record, on disk first, then for readers."""
        if record.host_config is not entry.record.host_config:
            self._storage.save_host_config(record)
        self._storage.save(record)
        entry.record = record
        return record

    def observe(self, entry: Entry, record: Container) -> Container:
        """Makes `record`, which tells what has happened, the present record, even when the disk refuses to keep it.

        A start or an end can't be undone by a full disk: readers are told at once, and after a restart of the daemon
        the shims and their exit records tell it again.
        """
        try:
            return self.replace(entry, record)
        except SystemFailure as error:
            LOG.error("container %s: %s", record.id, error)
            entry.record = record
            return record

    def find(self, ref: str) -> Entry:
        """The container that `ref` means: full id, name (with or without slash), or a unique prefix of an id.

        Raises NotFound, or InvalidParameter when the prefix fits several.
        """
        entry = self._by_id.get(ref)
        if entry is not None:
            return entry
        named = self._id_by_name.get(ref.removeprefix("/"))
        if named is not None and named in self._by_id:
            return self._by_id[named]
        candidates = [container_id for container_id in self._by_id if ref and container_id.startswith(ref)]
        if len(candidates) == 1:
            return self._by_id[candidates[0]]
        if candidates:
            raise InvalidParameter(f"multiple IDs found with provided prefix: {ref}")
        raise NotFound(f"No such container: {ref}")

    def snapshot(self) -> list[Container]:
        """The present records, newest first, as `docker ps` lists them."""
        records = [entry.record for entry in self._by_id.values()]
        records.sort(key=lambda record: record.created_at_ns, reverse=True)
        return records

    def uses_volume(self, name: str) -> bool:
        """Whether a container, or one that is being created, has a volume of this name among its mounts."""
        mounts = (mount for entry in self._by_id.values() for mount in entry.record.mounts)
        return self._held_volumes[name] > 0 or any(mount.name == name for mount in mounts)

    @contextlib.contextmanager
    def holding_volume(self, name: str) -> Iterator[None]:
        """Keeps the volume from being removed until the container that is being created has its record."""
        if name in self._leaving_volumes:
            raise Conflict(f"volume {name} is being removed")
        self._held_volumes[name] += 1
        try:
            yield
        finally:
            self._held_volumes[name] -= 1
            if not self._held_volumes[name]:
                del self._held_volumes[name]

    @contextlib.contextmanager
    def removing_volume(self, name: str) -> Iterator[None]:
        """Keeps containers from being created with the volume while it is removed; Conflict when one is being."""
        if self._held_volumes[name]:
            raise Conflict(f"remove {name}: volume is in use - [a container that is being created]")
        self._leaving_volumes.add(name)
        try:
            yield
        finally:
            self._leaving_volumes.discard(name)

    def using_image(self, image_id: str) -> Iterable[Container]:
        """The containers that were made from this image."""
        return [entry.record for entry in self._by_id.values() if entry.record.image_id == image_id]
