"""The client's end of a session, for exporters: files, trees and content stores. See Receiver."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from grpclib.const import Status
from grpclib.exceptions import GRPCError

from dockyard.builder.export.contract import ClientContent, FileWriter, Moved
from dockyard.builder.files import Files
from dockyard.builder.session.content import SERVICE, SessionContent
from dockyard.builder.session.filesync.results import ResultTree
from dockyard.builder.session.filesync.send import send
from dockyard.builder.session.filesync.stream import GrpcPackets
from dockyard.builder.session.session import Session, asked
from dockyard.errors import InvalidParameter
from dockyard.wire.buildkit.messages import filesync

SEND = "/moby.filesync.v1.FileSend/DiffCopy"
_PIECE = 3 << 20


class SessionReceiver:
    """See Receiver."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def file(self, number: int, metadata: Mapping[str, str]) -> AbstractAsyncContextManager[FileWriter | None]:
        """See Receiver."""
        return self._file(number, metadata)

    async def tree(self, number: int, files: Files, moved: Moved) -> None:
        """See Receiver."""
        with asked("sending to the client"):
            async with self._session.caller.open(SEND, self._headers(number)) as stream:
                tree = await asyncio.to_thread(ResultTree, files)
                with tree:
                    await send(GrpcPackets(stream), tree, progress=lambda sent: moved(sent, 0))
                    await stream.end()

    def content(self, name: str) -> ClientContent:
        """See Receiver."""
        if not self._session.serves(SERVICE + "Info"):
            raise InvalidParameter(f"the client offers no content store {name}")
        return SessionContent(self._session.caller, name)

    def _headers(self, number: int) -> dict[str, str]:
        if not self._session.serves(SEND):
            raise InvalidParameter("method /moby.filesync.v1.FileSend/diffcopy not supported by the client")
        return {"buildkit-attachable-exporter-id": str(number)}

    @asynccontextmanager
    async def _file(self, number: int, metadata: Mapping[str, str]) -> AsyncIterator[FileWriter | None]:
        headers = self._headers(number) | {f"exporter-md-{key}": value for key, value in metadata.items()}
        with asked("sending to the client"):
            async with self._session.caller.open(SEND, headers) as stream:
                await stream.send_request()
                try:
                    yield _Writer(stream)
                    await stream.end()
                    async for _ in stream:
                        pass
                except GRPCError as error:
                    if error.status is not Status.ALREADY_EXISTS:
                        raise


class _Writer:
    def __init__(self, stream: Any) -> None:
        self._stream = stream

    async def write(self, data: bytes) -> None:
        """See FileWriter."""
        for at in range(0, len(data), _PIECE):
            with asked("sending to the client"):
                await self._stream.send_message(filesync.BytesMessage(data=data[at : at + _PIECE]))
