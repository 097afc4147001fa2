"""The client's end of a session, for exporters: files, trees and content stores. See Receiver."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from grpclib.const import Status
from grpclib.exceptions import GRPCError

from dockyard.builder.export.contract import ClientContent, FileWriter, Moved
from dockyard.builder.files import Files
from dockyard.builder.session.session import Session, asked
from dockyard.errors import InvalidParameter, NotImplementedYet
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
        del number, files, moved
        raise NotImplementedYet("exporting to a directory of the client is not implemented by Dockyard yet")

    def content(self, name: str) -> ClientContent:
        """See Receiver."""
        raise NotImplementedYet(f"the client's content store {name} is not reached by Dockyard yet")

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
