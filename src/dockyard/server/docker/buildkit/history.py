"""moby.buildkit.v1.Control, the builds that have been: `docker buildx history`; and their logs as content."""

from collections.abc import AsyncGenerator
from typing import Any

from dockyard.engine.builds.kit.history import DELETED, History
from dockyard.errors import InvalidParameter
from dockyard.rpc.serve import Metadata, Methods, streaming, unary
from dockyard.wire.buildkit.messages import content, control

SERVICE = "/moby.buildkit.v1.Control/"
CONTENT = "/containerd.services.content.v1.Content/"
_PIECE = 1 << 20


class HistoryService:
    """The methods about history, and the part of containerd's content service that clients read logs with."""

    def __init__(self, history: History) -> None:
        self._history = history

    def methods(self) -> Methods:
        """The methods."""
        return {
            **streaming(SERVICE + "ListenBuildHistory", self.listen),
            **unary(SERVICE + "UpdateBuildHistory", self.update),
            **unary(CONTENT + "Info", self.info),
            **streaming(CONTENT + "Read", self.read),
        }

    async def listen(self, request: Any, _: Metadata) -> AsyncGenerator[Any, None]:
        """Records that there are, and events as they come."""
        wanted = [_filter(text) for text in request.Filter]
        events = self._history.listen(request.Ref, active_only=request.ActiveOnly, early_exit=request.EarlyExit)
        left = request.Limit or -1
        found = [one async for one in events] if request.EarlyExit else None
        if found is not None:
            found = [one for one in reversed(found) if not wanted or any(_fits(one[1], each) for each in wanted)]
            for kind, record in found if left < 0 else found[:left]:
                yield control.BuildHistoryEvent(type=kind, record=record)
            return
        async for kind, record in events:
            if not wanted or kind == DELETED or any(_fits(record, each) for each in wanted):
                yield control.BuildHistoryEvent(type=kind, record=record)

    async def update(self, request: Any, _: Metadata) -> Any:
        """Forget a record, or keep it. What is kept is whole from the beginning: there is nothing to finalize."""
        if request.Delete:
            await self._history.delete(request.Ref)
        elif not request.Finalize:
            await self._history.pin(request.Ref, pinned=request.Pinned)
        return control.UpdateBuildHistoryResponse()

    async def info(self, request: Any, _: Metadata) -> Any:
        """The size of a log."""
        data = await self._history.logs(request.digest)
        return content.InfoResponse(info=content.Info(digest=request.digest, size=len(data)))

    async def read(self, request: Any, _: Metadata) -> AsyncGenerator[Any, None]:
        """The bytes of a log."""
        data = await self._history.logs(request.digest)
        end = min(len(data), request.offset + request.size) if request.size else len(data)
        for at in range(max(0, request.offset), end, _PIECE):
            yield content.ReadContentResponse(offset=at, data=data[at : min(end, at + _PIECE)])


def _filter(text: str) -> dict[str, str]:
    """`status==error,ref==x`. Raises InvalidParameter for other fields."""
    terms = {}
    for part in text.split(","):
        name, equals, value = part.partition("==")
        if not equals or name not in ("status", "ref"):
            raise InvalidParameter(f"filter {part!r} of build records is not supported".replace("'", '"'))
        terms[name] = value.strip('"')
    return terms


def _fits(record: Any, terms: dict[str, str]) -> bool:
    state = "running" if not record.HasField("CompletedAt") else "completed"
    if record.HasField("error"):
        state = "canceled" if record.error.code == 1 else "error"
    return all(value == (state if name == "status" else record.Ref) for name, value in terms.items())
