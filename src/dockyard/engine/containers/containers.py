"""All that can be done with containers: the engine's part that the doors call. Each verb is a file of its own."""

import asyncio
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence

from dockyard.engine.containers.archive import look, read, write
from dockyard.engine.containers.collection import Entry
from dockyard.engine.containers.config import (
    Config,
    EndpointConfig,
    HostConfig,
    NetworkingConfig,
    PortMap,
    Resources,
    RestartPolicy,
)
from dockyard.engine.containers.ending import Sender
from dockyard.engine.containers.lifecycle import (
    commit,
    connect,
    create,
    kill,
    pause,
    remove,
    rename,
    restart,
    start,
    unlink,
    update,
    wait,
)
from dockyard.engine.containers.lifecycle.kill import BY_ENGINE
from dockyard.engine.containers.links import names_by_link
from dockyard.engine.containers.query import listing, top
from dockyard.engine.containers.query.prunable import prunable
from dockyard.engine.containers.query.stats import Measured, StatsSampler
from dockyard.engine.containers.record import Container
from dockyard.engine.containers.services import Services
from dockyard.engine.containers.streams import attach
from dockyard.engine.containers.why import Reason, explain
from dockyard.engine.logs.entries import LogEntry
from dockyard.engine.logs.read import LogOptions, read_log
from dockyard.engine.logs.source import log_source
from dockyard.engine.networks import find_network
from dockyard.engine.prune import Pruning
from dockyard.errors import Conflict, DockyardError, NotFound, NotImplementedYet
from dockyard.spec.image.descriptor import Platform
from dockyard.store.graphdriver.contract import Change
from dockyard.supervisor.client import ClientSocket


class Containers:
    """The containers of one engine. `ref` is an id, a unique prefix of one, or a name; NotFound when it is none."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._sampler = StatsSampler(services.clock_ns, services.paths.bundle, services.figures)
        self._pruning = Pruning(services.events, "container")

    async def create(
        self,
        name: str | None,
        config: Config,
        host_config: HostConfig,
        networking: NetworkingConfig,
        *,
        binds_recursive: bool = True,
        platform: Platform | None = None,
    ) -> create.Created:
        """Makes a container; see `lifecycle.create`."""
        return await create.create(
            self._services,
            name,
            config,
            host_config,
            networking,
            binds_recursive=binds_recursive,
            platform=platform,
        )

    async def start(self, ref: str) -> None:
        """Starts a container; see `lifecycle.start`."""
        await start.start(self._services, self._find(ref))

    async def stop(
        self, ref: str, timeout_seconds: int | None = None, signal: str | None = None, by: Sender = BY_ENGINE
    ) -> None:
        """Stops a container politely; see `lifecycle.kill`."""
        await kill.stop(self._services, self._find(ref), timeout_seconds, signal, by)

    async def kill(self, ref: str, signal: str = "", by: Sender = BY_ENGINE) -> None:
        """Sends a signal, SIGKILL by default; see `lifecycle.kill`."""
        await kill.kill(self._services, self._find(ref), signal, by)

    async def restart(
        self, ref: str, timeout_seconds: int | None = None, signal: str | None = None, by: Sender = BY_ENGINE
    ) -> None:
        """Stops and starts a container; see `lifecycle.restart`."""
        await restart.restart(self._services, self._find(ref), timeout_seconds, signal, by)

    def why(self, ref: str) -> tuple[Container, Reason]:
        """The container's record, and why its last run ended; see `why`."""
        record = self._find(ref).record
        return record, explain(record)

    async def pause(self, ref: str) -> None:
        """Freezes a container; see `lifecycle.pause`."""
        await pause.pause(self._services, self._find(ref))

    async def unpause(self, ref: str) -> None:
        """Thaws a container; see `lifecycle.pause`."""
        await pause.unpause(self._services, self._find(ref))

    async def remove(self, ref: str, *, force: bool = False, volumes: bool = False, link: bool = False) -> None:
        """Removes a container, see `lifecycle.remove`; or with `link` the link of that name, see `lifecycle.unlink`."""
        if link:
            await unlink.unlink(self._services, ref)
            return
        await remove.remove(self._services, self._find(ref), force=force, volumes=volumes)

    async def rename(self, ref: str, new_name: str) -> None:
        """Renames a container; see `lifecycle.rename`."""
        await rename.rename(self._services, self._find(ref), new_name)

    async def update(
        self,
        ref: str,
        resources: Resources,
        restart_policy: RestartPolicy | None,
        added_ports: PortMap = None,
        removed_ports: PortMap = None,
    ) -> Sequence[str]:
        """Changes limits and published ports; see `lifecycle.update`."""
        return await update.update(
            self._services, self._find(ref), resources, restart_policy, added_ports, removed_ports
        )

    async def connect(self, ref: str, network: str, endpoint: EndpointConfig) -> None:
        """Brings a container into a network; see `lifecycle.connect`."""
        await connect.connect(self._services, self._find(ref), network, endpoint)

    async def disconnect(self, ref: str, network: str, *, force: bool = False) -> None:
        """Takes a container out of a network; see `lifecycle.connect`."""
        try:
            entry = self._find(ref)
        except NotFound as error:
            if not force:
                raise
            find_network(self._services.networks.known(), network)
            # Endpoints go with their containers, so that none can be left to be taken away by force.
            raise NotFound(f"endpoint {ref} not found") from error
        await connect.disconnect(self._services, entry, network, force=force)

    async def resize(self, ref: str, rows: int, columns: int) -> None:
        """Sets the size of the container's terminal, in characters; Conflict when it doesn't run."""
        entry = self._find(ref)
        if entry.shim is None:
            raise Conflict(f"container {entry.record.id} is not running")
        if entry.record.config.tty:  # without a terminal there is nothing to do, and Docker answers so
            await entry.shim.resize(rows, columns)
        self._services.announce(entry.record, "resize", height=str(rows), width=str(columns))

    def waiting(self, ref: str, condition: str) -> "asyncio.Future[Container]":
        """What `wait` waits for, decided now; see `lifecycle.wait`."""
        return wait.waiting(self._find(ref), condition)

    async def wait(self, ref: str, condition: str = "") -> int:
        """Waits for the end of a container and returns its exit code; see `lifecycle.wait`."""
        return await wait.exit_code(self.waiting(ref, condition))

    async def attach(self, ref: str, options: attach.AttachOptions, client: ClientSocket) -> None:
        """Connects a client's socket to the container's streams; see `streams.attach`."""
        await attach.attach(self._services, self._find(ref), options, client)

    def get(self, ref: str) -> Container:
        """The container's present record."""
        return self._find(ref).record

    def names_by_link(self) -> "Mapping[str, Sequence[str]]":
        """By name of a container, what those call it that are linked to it: "/web/db"."""
        return names_by_link(self._services.collection.snapshot())

    def list(
        self, *, everything: bool = False, limit: int = 0, filters: listing.Filters | None = None
    ) -> list[Container]:
        """Records of the containers asked for, newest first; see `query.listing`."""
        return listing.list_containers(
            self._services.collection,
            everything=everything,
            limit=limit,
            filters=filters or {},
            images_below=self._services.images.ids_below,
        )

    async def top(self, ref: str, ps_arguments: str) -> top.Processes:
        """The container's processes as the host's ps shows them; Conflict when it doesn't run."""
        entry = self._find(ref)
        if entry.shim is None:
            raise Conflict(f"container {entry.record.id} is not running")
        processes = await top.processes(set(await entry.shim.processes()), ps_arguments)
        self._services.announce(entry.record, "top")
        return processes

    async def stats(self, ref: str, *, one_shot: bool = False) -> Measured:
        """What the container uses: with `one_shot` one sample at once, else two a second apart."""
        entry = self._find(ref)
        return await (self._sampler.once(entry) if one_shot else self._sampler.twice(entry))

    def stats_stream(self, ref: str) -> AsyncGenerator[Measured, None]:
        """What the container uses, every second until it is removed."""
        return self._sampler.stream(self._find(ref))

    def logs(self, ref: str, options: LogOptions) -> AsyncGenerator[LogEntry, None]:
        """The container's log; see `logs.read`. NotImplementedYet when its driver keeps nothing to read."""
        entry = self._find(ref)
        record = entry.record
        source = log_source(record, self._services.paths.container(record.id))
        if source is None:
            raise NotImplementedYet("configured logging driver does not support reading")
        return read_log(source.path, source.form, options, self._end_of_run(entry) if options.follow else None)

    async def changes(self, ref: str) -> Sequence[Change]:
        """What the container changed in its root, sorted by path (`docker diff`)."""
        layer = self._services.layers.rw(self._find(ref).record.id)
        return await asyncio.to_thread(layer.changes)

    async def commit(
        self,
        ref: str,
        *,
        repository: str = "",
        tag: str = "",
        author: str = "",
        comment: str = "",
        changes: Sequence[str] = (),
        pause: bool = True,
        config: Config | None = None,
    ) -> str:
        """Makes an image of a container; see `lifecycle.commit`. Its id."""
        wanted = commit.Wanted(repository, tag, author, comment, tuple(changes), pause, config)
        return await commit.commit(self._services, self._find(ref), wanted)

    def export(self, ref: str) -> Iterator[bytes]:
        """The container's root as a tar stream; to be iterated in a thread."""
        record = self._find(ref).record
        archive = self._services.images.export_root(self._services.layers.rw(record.id))
        self._services.announce(record, "export")
        return archive

    async def path_status(self, ref: str, path: str) -> look.NamedStatus:
        """What is at a path of the container; see `archive.look`."""
        return await look.look(self._services, self._find(ref), ref, path)

    async def read_path(self, ref: str, path: str) -> read.PathArchive:
        """A path of the container as an archive; see `archive.read`."""
        return await read.read(self._services, self._find(ref), ref, path)

    async def write_path(self, ref: str, path: str, archive: Iterator[bytes], options: write.WriteOptions) -> None:
        """An archive unpacked in a directory of the container; see `archive.write`."""
        await write.write(self._services, self._find(ref), ref, path, archive, options)

    async def sizes(self, ref: str) -> tuple[int, int]:
        """Bytes that the container wrote, and bytes of its whole root (SizeRw and SizeRootFs)."""
        record = self._find(ref).record
        layer = self._services.layers.rw(record.id)
        written = await asyncio.to_thread(layer.size_bytes)
        return written, written + self._services.images.size_bytes(record.image_id)

    async def prune(self, filters: listing.Filters | None = None) -> tuple[Sequence[str], int]:
        """Removes containers that don't run (see `query.prunable`); their ids, and the bytes freed."""
        removed: list[str] = []
        with self._pruning.run() as tally:
            for record in prunable(self.list(everything=True), filters or {}, self._services.clock_ns()):
                try:
                    written, _ = await self.sizes(record.id)
                    await self.remove(record.id, volumes=False)
                except DockyardError:
                    continue  # somebody removes it, or has started it
                removed.append(record.id)
                tally.freed_bytes += written
        return removed, tally.freed_bytes

    def _find(self, ref: str) -> Entry:
        return self._services.collection.find(ref)

    def _end_of_run(self, entry: Entry) -> "asyncio.Future[Container]":
        """Done when following the log has no sense any more: the container doesn't run."""
        if entry.record.state.running:
            return entry.next_exit
        ended: asyncio.Future[Container] = asyncio.get_running_loop().create_future()
        ended.set_result(entry.record)
        return ended
