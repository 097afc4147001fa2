"""Secrets and SSH agents of a client's session. A secret is held in memory as long as a build asks for it."""

import asyncio
import contextlib
import os
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

from grpclib.client import Stream

from dockyard.builder.session.session import Session, asked
from dockyard.errors import DockyardError, InvalidParameter, NotFound
from dockyard.wire.buildkit.messages import secrets, ssh

GET_SECRET = "/moby.buildkit.secrets.v1.Secrets/GetSecret"
CHECK_AGENT = "/moby.sshforward.v1.SSH/CheckAgent"
FORWARD_AGENT = "/moby.sshforward.v1.SSH/ForwardAgent"
MOST_SECRET_BYTES = 500 * 1024
"""What BuildKit's client sends at most (`MaxSecretSize`)."""
_CHUNK = 32 << 10


class SessionSecrets:
    """See Secrets (builder/solve/sources.py). `make_directory`: a new directory that only root can enter."""

    def __init__(self, session: Session, make_directory: Callable[[], str]) -> None:
        self._session = session
        self._make_directory = make_directory

    async def secret(self, secret_id: str) -> bytes | None:
        """See Secrets."""
        if not self._session.serves(GET_SECRET):
            return None
        try:
            with asked(f"secret {secret_id}"):
                answer = await self._session.caller.unary(GET_SECRET, secrets.GetSecretRequest(ID=secret_id))
        except NotFound:
            return None
        if len(answer.data) > MOST_SECRET_BYTES:
            raise InvalidParameter(f"secret {secret_id} is larger than {MOST_SECRET_BYTES} bytes")
        data: bytes = answer.data
        return data

    def ssh(self, agent_id: str) -> AbstractAsyncContextManager[str | None]:
        """See Secrets."""
        return self._agent(agent_id or "default")

    @contextlib.asynccontextmanager
    async def _agent(self, agent_id: str) -> AsyncIterator[str | None]:
        if not await self._has_agent(agent_id):
            yield None
            return
        home = self._make_directory()
        path = f"{home}/agent.sock"
        conversations: set[asyncio.Task[None]] = set()

        async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            conversations.add(task)
            try:
                await self._forward(agent_id, reader, writer)
            except (DockyardError, OSError):
                pass  # the command sees its agent hang up
            finally:
                writer.close()
                conversations.discard(task)

        try:
            server = await asyncio.start_unix_server(converse, path)
            os.chmod(path, 0o600)
            async with server:
                yield path
        finally:
            for task in list(conversations):
                task.cancel()
            await asyncio.gather(*conversations, return_exceptions=True)
            shutil.rmtree(home, ignore_errors=True)

    async def _has_agent(self, agent_id: str) -> bool:
        if not (self._session.serves(CHECK_AGENT) and self._session.serves(FORWARD_AGENT)):
            return False
        try:
            with asked(f"ssh agent {agent_id}"):
                await self._session.caller.unary(CHECK_AGENT, ssh.CheckAgentRequest(ID=agent_id))
        except DockyardError:
            return False
        return True

    async def _forward(self, agent_id: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with asked(f"ssh agent {agent_id}"):
            async with self._session.caller.open(FORWARD_AGENT, {"buildkit.ssh.id": agent_id}) as stream:
                await stream.send_request()
                sending = asyncio.ensure_future(_send(stream, reader))
                try:
                    async for message in stream:
                        writer.write(message.data)
                        await writer.drain()
                    await sending
                finally:
                    sending.cancel()
                    await asyncio.gather(sending, return_exceptions=True)


async def _send(stream: Stream[Any, Any], reader: asyncio.StreamReader) -> None:
    while data := await reader.read(_CHUNK):
        await stream.send_message(ssh.BytesMessage(data=data))
    await stream.end()
