"""A content store of the client, over its session: caches in folders (`local:<folder>`), layouts (`export`).

containerd's protocol: a write begins by telling what is expected (the answer may be that it is there), goes on piece by
piece, each of which is answered, and ends with the digest that the whole must have.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Generator
from contextlib import contextmanager
from typing import Any

from grpclib.client import Stream
from grpclib.const import Status
from grpclib.exceptions import GRPCError, ProtocolError, StreamTerminatedError

from dockyard.errors import SystemFailure
from dockyard.rpc.batches import as_error
from dockyard.rpc.call import Caller
from dockyard.wire.buildkit.messages import content

SERVICE = "/containerd.services.content.v1.Content/"
_PIECE = 1 << 20


class SessionContent:
    """See ClientContent. `name`: which of the client's stores."""

    def __init__(self, caller: Caller, name: str) -> None:
        self._caller = caller
        self._headers = {"buildkit-attachable-store-id": name}
        self._name = name

    async def size(self, digest: str) -> int | None:
        """See ClientContent."""
        try:
            answer = await self._caller.unary(SERVICE + "Info", content.InfoRequest(digest=digest), self._headers)
        except GRPCError as error:
            if error.status is Status.NOT_FOUND:
                return None
            raise as_error(error) from error
        except (StreamTerminatedError, ProtocolError, OSError) as error:
            raise SystemFailure(f"{self._name}: the client is gone") from error
        return int(answer.info.size)

    async def read(self, digest: str, start: int = 0) -> AsyncGenerator[bytes, None]:
        """See ClientContent."""
        request = content.ReadContentRequest(digest=digest, offset=start)
        with self._failing():
            async for message in self._caller.streaming(SERVICE + "Read", request, self._headers):
                yield message.data

    async def write(self, digest: str, size: int, pieces: AsyncIterator[bytes]) -> None:
        """See ClientContent."""
        actions = content.WriteAction
        named = {"ref": f"dockyard-{digest}", "total": size, "expected": digest}
        try:
            with self._failing(Status.ALREADY_EXISTS):
                async with self._caller.open(SERVICE + "Write", self._headers) as stream:
                    await stream.send_message(content.WriteContentRequest(action=actions["STAT"], **named))
                    offset = int((await _answer(stream)).offset)
                    skipped, offset = offset, 0
                    async for piece in pieces:
                        for start in range(0, len(piece), _PIECE):
                            data = piece[start : start + _PIECE]
                            if offset + len(data) > skipped:  # what an earlier try has brought is there
                                data = data[max(0, skipped - offset) :]
                                place = max(offset, skipped)
                                await stream.send_message(
                                    content.WriteContentRequest(
                                        action=actions["WRITE"], ref=named["ref"], offset=place, data=data
                                    )
                                )
                                offset = int((await _answer(stream)).offset)
                            else:
                                offset += len(data)
                    await stream.send_message(
                        content.WriteContentRequest(action=actions["COMMIT"], offset=offset, **named), end=True
                    )
                    await _answer(stream)
        except _IsThere:
            return

    @contextmanager
    def _failing(self, fine: Status | None = None) -> Generator[None, None, None]:
        try:
            yield
        except GRPCError as error:
            if error.status is fine:
                raise _IsThere from error
            raise as_error(error) from error
        except (StreamTerminatedError, ProtocolError, OSError) as error:
            raise SystemFailure(f"{self._name}: the client is gone") from error


class _IsThere(Exception):
    """The client has the blob."""


async def _answer(stream: "Stream[Any, Any]") -> Any:
    answer = await stream.recv_message()
    if answer is None:
        await stream.recv_trailing_metadata()
        raise SystemFailure("the client ended a write in its middle")
    return answer
