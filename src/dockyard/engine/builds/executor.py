"""Runs a build's commands: in containers like all others, so that `docker ps` shows them and a kill leaves nothing.

No request goes over HTTP, no image is made for it, and nothing is logged: the container stands on the layers that the
solver has come to, and its output comes over a socket from its shim.
"""

import asyncio
import contextlib
import os
import socket
import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

import msgspec

from dockyard.builder.solve.executor import Attachment, Command, Say
from dockyard.engine.containers.collection import Entry
from dockyard.engine.containers.config import Config, HealthConfig, HostConfig, LogConfig, NetworkingConfig
from dockyard.engine.containers.lifecycle import create, remove, start, wait
from dockyard.engine.containers.record import MountPoint
from dockyard.engine.containers.services import Services
from dockyard.engine.images import EngineImage
from dockyard.engine.private_memory import private_memory
from dockyard.errors import Conflict, NotFound, SystemFailure
from dockyard.supervisor.client import ClientSocket

_HEADER_BYTES = 8
_READ_BYTES = 1 << 16
_NONE = HealthConfig(("NONE",))


@dataclass(frozen=True, slots=True)
class EngineExecutor:
    """See Executor. `host` are the build's limits; `parallel` is how many commands of it may run at once. `hostname`:
    of all containers, empty for Docker's default."""

    services: Services
    host: HostConfig
    parallel: asyncio.Semaphore
    hostname: str = ""

    async def run(self, command: Command, created: Callable[[str], None], say: Say) -> int:
        """See Executor."""
        async with self.parallel:
            entry = await self._create(command)
            created(entry.record.id)
            try:
                return await self._run(entry, say)
            except BaseException:
                await asyncio.shield(self.remove(entry.record.id))
                raise

    async def keep(self, container_id: str) -> None:
        """See Executor."""
        try:
            entry = self.services.collection.find(container_id)
        except NotFound:
            return
        async with entry.lock:
            entry.host_mounts, entry.private_env, entry.memory = (), (), ""
            if not entry.removed.done():
                self.services.collection.observe(entry, msgspec.structs.replace(entry.record, build_step=False))

    async def remove(self, container_id: str) -> None:
        """See Executor."""
        try:
            await remove.remove(self.services, self.services.collection.find(container_id), force=True, volumes=True)
        except (NotFound, Conflict):
            return

    def stands_on(self, container_id: str, image_id: str) -> None:
        """Have `docker ps` and `docker commit` know the image of whose layers a container is; it was made after it."""
        self.services.background.start(f"name the image of {container_id[:12]}", self._stand_on(container_id, image_id))

    async def _stand_on(self, container_id: str, image_id: str) -> None:
        with contextlib.suppress(NotFound, SystemFailure):
            entry = self.services.collection.find(container_id)
            async with entry.lock:  # it is being started, which changes the record, too
                config = msgspec.structs.replace(entry.record.config, image=image_id)
                record = msgspec.structs.replace(entry.record, image_id=image_id, config=config)
                if not entry.removed.done():
                    self.services.collection.replace(entry, record)

    def private_directory(self) -> str:
        """See Executor."""
        os.makedirs(self.services.paths.build_secrets, mode=0o700, exist_ok=True)
        return tempfile.mkdtemp(dir=self.services.paths.build_secrets)

    def private_memory(self) -> AbstractContextManager[str]:
        """See Executor."""
        return private_memory(self.services.paths.build_secrets)

    async def _create(self, command: Command) -> Entry:
        program, *arguments = command.args
        config = Config(
            hostname=self.hostname,
            cmd=tuple(arguments),
            entrypoint=(program,),
            env=command.env,
            user=command.user,
            working_dir=command.cwd,
            attach_stdout=True,
            attach_stderr=True,
            healthcheck=_NONE,
        )
        host = msgspec.structs.replace(
            self.host,
            network_mode=command.network,
            privileged=command.insecure,
            log_config=LogConfig("none"),
        )
        step = create.BuildStep(
            EngineImage("", Config(), command.chain_id), tuple(_point(one) for one in command.attachments)
        )
        made = await create.create(self.services, None, config, host, NetworkingConfig(), build_step=step)
        entry = self.services.collection.find(made.id)
        entry.host_mounts = command.host_mounts
        entry.private_env, entry.memory = command.private_env, command.memory
        return entry

    async def _run(self, entry: Entry, say: Say) -> int:
        ours, theirs = socket.socketpair()
        with ours:
            ours.setblocking(False)
            entry.pending_attachments.append(ClientSocket(theirs.detach()))
            ended = wait.waiting(entry, "next-exit")
            await start.start(self.services, entry)
            await self._read(ours, say)
            exit_code = await wait.exit_code(ended)
            if entry.teardown is not None:
                await asyncio.shield(entry.teardown)  # from here on nothing is mounted on its layer
            return exit_code

    async def _read(self, ours: socket.socket, say: Say) -> None:
        """Frames as Docker's attach has them: stream, three zeros, length, data."""
        loop = asyncio.get_running_loop()
        buffer = bytearray()
        while data := await loop.sock_recv(ours, _READ_BYTES):
            buffer += data
            while len(buffer) >= _HEADER_BYTES:
                end = _HEADER_BYTES + int.from_bytes(buffer[4:8], "big")
                if len(buffer) < end:
                    break
                await say(buffer[0], bytes(buffer[_HEADER_BYTES:end]))
                del buffer[:end]


def _point(one: Attachment) -> MountPoint:
    if not one.source:
        size = (f"size={one.size_bytes}",) if one.size_bytes else ()
        return MountPoint("tmpfs", one.target, options=("exec", "mode=1777", *size))
    return MountPoint(
        "bind", one.target, source=one.source, rw=not one.readonly, propagation="rprivate", readonly_recursive=False
    )
