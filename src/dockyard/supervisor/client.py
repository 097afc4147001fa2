"""What the engine uses to make containers and to find those that live: the supervisor and its shims, over sockets.

All that a restarted daemon needs is on disk or answers on a socket below exec-root; this holds no state of its own
beyond a handle on the supervisor that it started.
"""

import asyncio
import os
import shutil
import subprocess
from collections.abc import Callable, Collection, Sequence

from dockyard.errors import DeadlineExceeded, DockyardError, InvalidParameter, NotFound, SystemFailure, Unavailable
from dockyard.shim.directory import ShimDirectory
from dockyard.shim.exit_record import read_exit
from dockyard.shim.messages import (
    CreateRequest,
    ExecState,
    ExitRecord,
    ExternalRuntime,
    LogSettings,
    client_to_json,
    create_to_json,
    spoken_version,
)
from dockyard.shim.sockets import connect_to
from dockyard.supervisor.channel import REPLY_SECONDS, Channel, Message
from dockyard.supervisor.client_socket import ClientSocket
from dockyard.supervisor.exec_request import ExecRequest
from dockyard.supervisor.launch import launch
from dockyard.supervisor.shim_connection import ShimConnection

__all__ = [
    "SupervisorClient",
    "ShimConnection",
    "ClientSocket",
    "CreateRequest",
    "LogSettings",
    "ExternalRuntime",
    "ExecRequest",
    "ExecState",
    "ExitRecord",
]

CREATE_SECONDS = 120.0
BURY_SECONDS = 150.0
"""An external runtime that hangs is given up after 60 seconds, before the rest is taken away without it."""
REMOVE_SECONDS = 600.0
ACCEPT_ATTEMPTS = 200
ACCEPT_PAUSE_SECONDS = 0.01


class SupervisorClient:
    """Talks to the supervisor of `exec_root` (an absolute path), and starts it when there is none."""

    def __init__(self, exec_root: str) -> None:
        self._exec_root = exec_root
        self._process: subprocess.Popen[bytes] | None = None
        self._ensuring = asyncio.Lock()

    async def ensure(self) -> None:
        """Have a supervisor of this version that answers.

        Raises:
            SystemFailure, Unavailable: it can't be started.
        """
        async with self._ensuring:
            try:
                answer = await self.ping()
            except (NotFound, Unavailable):
                pass
            else:
                if answer["version"] == spoken_version():
                    return
                await self._ask("shutdown")  # of another version: its shims live on, new ones come from ours
            if self._process is not None:
                self._process.poll()  # takes the dead one's exit status
            self._process = await asyncio.to_thread(launch, self._exec_root)

    async def ping(self) -> Message:
        """`pid` and `version` of the supervisor; NotFound when there is none, Unavailable when it doesn't answer."""
        return await self._ask("ping")

    async def close(self) -> None:
        """Let go; the supervisor lives on."""

    async def shutdown(self) -> None:
        """End the supervisor; shims and containers live on. Nothing happens when there is none."""
        try:
            await self._ask("shutdown")
        except (NotFound, Unavailable):
            return
        if self._process is not None:
            await asyncio.to_thread(self._process.wait)

    async def create(self, request: CreateRequest, attachments: Sequence[ClientSocket] = ()) -> ShimConnection:
        """Fork a shim, which creates the container and, with `request.start`, starts it.

        `attachments` are handed over: their descriptors are closed here in any case, and the clients get everything
        from the first byte on.

        Raises:
            DockyardError: what failed. Nothing is left but the shim's directory, for `forget`; after Unavailable,
                DeadlineExceeded and the death of the shim only as far as the supervisor still answers: the next `bury`
                or `sweep` then finds the rest by the directory, which must not be forgotten before.
            DeadlineExceeded: it took more than `CREATE_SECONDS`; the shim was killed, with what it had made so far.

        A caller that is cancelled leaves the shim to whoever adopts it.
        """
        try:
            return await self._create(request, attachments)
        finally:
            for attachment in attachments:
                attachment.close()

    async def adopt(self, container_id: str) -> ShimConnection | None:
        """Connect to the shim of a container that was started by an earlier daemon; None when it has none (any more).

        Raises:
            Unavailable: it can't be found out whether there is one.
            DeadlineExceeded: a shim is there, but doesn't answer.
        """
        shim = self._shim(container_id)
        found = await self._connect_shim(container_id, shim.on_event)
        if found is None:
            return None
        shim.use(*found)
        record = self.exit_record(container_id)
        if record is not None and not shim.on_exit.done():
            shim.on_exit.set_result(record)  # it has ended, and its shim is about to
        return shim

    def exit_record(self, container_id: str) -> ExitRecord | None:
        """How a container ended, from disk; None when it hasn't, or when its shim was killed before."""
        return read_exit(self._directory(container_id))

    async def bury(self, container_id: str) -> ExitRecord:
        """End what a killed shim has left: processes, cgroup, mounts; the exit record, made up (137) if there is none.

        Raises:
            Conflict: the shim lives.
            SystemFailure: something could not be ended.
        """
        await self.ensure()
        return ExitRecord(**await self._ask("bury", {"container_id": container_id}, BURY_SECONDS))

    async def find_end(self, container_id: str) -> ExitRecord:
        """How a container ended whose shim has gone without a word; what the shim didn't get to is done for it.

        A shim writes the exit record first and takes cgroup and mounts away last: killed in between it leaves both.

        Raises:
            Conflict, SystemFailure: as `bury`, when there is no exit record.
        """
        try:
            return await self.bury(container_id)
        except DockyardError:
            record = self.exit_record(container_id)
            if record is None:
                raise
            return record

    async def sweep(self, known: Collection[str]) -> list[str]:
        """Remove every container and shim below exec-root whose id isn't among `known`; the ids that were removed."""
        await self.ensure()
        removed: list[str] = (await self._ask("sweep", {"known": sorted(known)}))["removed"]
        return removed

    async def forget(self, container_id: str) -> None:
        """Remove the directory of a container that has ended, or that could not be created."""
        await asyncio.to_thread(shutil.rmtree, self._directory(container_id).path, True)

    async def remove_trees(self, paths: Sequence[str]) -> dict[str, str]:
        """Delete directory trees in a process of their own; what could not be removed, and why. Absolute paths."""
        if not paths:
            return {}
        channel = await self._connect_ensured(_ignore)
        try:
            failures: dict[str, str] = (await channel.request("remove", {"paths": list(paths)}, (), REMOVE_SECONDS))[
                "failures"
            ]
            return failures
        finally:
            channel.close()

    def directory(self, container_id: str) -> str:
        """The shim's directory, which is the bundle, too. InvalidParameter for what can't be an id."""
        return self._directory(container_id).path

    def ids(self) -> list[str]:
        """The containers that have a directory, dead or alive."""
        try:
            return sorted(os.listdir(f"{self._exec_root}/shims"))
        except FileNotFoundError:
            return []

    async def _create(self, request: CreateRequest, attachments: Sequence[ClientSocket]) -> ShimConnection:
        shim = self._shim(request.container_id)
        channel = await self._connect_ensured(shim.on_event)
        arguments = {
            **create_to_json(request),
            "clients": [client_to_json(attachment.settings) for attachment in attachments],
        }
        descriptors = [attachment.fd for attachment in attachments]
        try:
            state = await channel.request("create", arguments, descriptors, CREATE_SECONDS)
        except DeadlineExceeded:
            channel.close()
            await self._bury_half_made(request.container_id)  # else it might still come to life, unknown to anybody
            raise
        except Unavailable as error:
            channel.close()
            await self._bury_half_made(request.container_id)
            raise SystemFailure(f"the shim of {request.container_id} died while it created the container") from error
        except BaseException:
            channel.close()
            raise
        shim.use(channel, state)
        return shim

    async def visit_channel(self, on_event: Callable[[Message], None]) -> Channel:
        """A connection of its own for one errand (visit_client, sandbox_client). SystemFailure, Unavailable."""
        return await self._connect_ensured(on_event)

    async def _connect_ensured(self, on_event: Callable[[Message], None]) -> Channel:
        try:
            return await self._connect(on_event)
        except (NotFound, Unavailable):
            await self.ensure()
            return await self._connect(on_event)

    async def _connect(self, on_event: Callable[[Message], None]) -> Channel:
        path = f"{self._exec_root}/supervisor.sock"
        for _ in range(ACCEPT_ATTEMPTS):
            try:
                connection = connect_to(path)
            except FileNotFoundError as error:
                raise NotFound(f"no supervisor listens at {path}") from error
            except BlockingIOError:
                await asyncio.sleep(ACCEPT_PAUSE_SECONDS)
                continue
            except OSError as error:
                raise Unavailable(f"the supervisor at {path}: {error.strerror}") from error
            return Channel(connection, "the supervisor", on_event)
        raise Unavailable(f"the supervisor at {path} accepts no connection")

    async def _connect_shim(
        self, container_id: str, on_event: Callable[[Message], None]
    ) -> tuple[Channel, Message] | None:
        """A connection to the shim, and its state; None when no shim listens. Unavailable, DeadlineExceeded."""
        path = f"{self._directory(container_id).path}/shim.sock"
        reason: Exception | None = None
        for _ in range(ACCEPT_ATTEMPTS):
            try:
                connection = connect_to(path)
            except (FileNotFoundError, ConnectionRefusedError):
                return None
            except OSError as error:  # it has too many waiting, or we have too many files open
                reason = error
                await asyncio.sleep(ACCEPT_PAUSE_SECONDS)
                continue
            channel = Channel(connection, f"the shim of {container_id}", on_event)
            try:
                return channel, await channel.request("state")
            except Unavailable as error:  # it ends, was killed, or dropped us: the next attempt shows
                reason = error
                channel.close()
                await asyncio.sleep(ACCEPT_PAUSE_SECONDS)
            except BaseException:
                channel.close()
                raise
        raise Unavailable(f"the shim at {path} accepts no connection: {reason}") from reason

    async def _ask(self, op: str, arguments: Message | None = None, seconds: float = REPLY_SECONDS) -> Message:
        channel = await self._connect(_ignore)
        try:
            return await channel.request(op, arguments, (), seconds)
        finally:
            channel.close()

    async def _bury_half_made(self, container_id: str) -> None:
        try:
            await self.ensure()
            await self._ask("bury", {"container_id": container_id, "kill": True}, BURY_SECONDS)
        except DockyardError:
            return  # the next `sweep` or `bury` finds it; the error that is reported is the first one

    def _shim(self, container_id: str) -> ShimConnection:
        return ShimConnection(container_id, self._connect_shim, self.find_end, self.forget)

    def _directory(self, container_id: str) -> ShimDirectory:
        if not container_id or "/" in container_id or container_id in (".", ".."):
            raise InvalidParameter(f"invalid container id {container_id!r}")
        return ShimDirectory(f"{self._exec_root}/shims/{container_id}")


def _ignore(_event: Message) -> None:
    """The supervisor itself has no events."""
