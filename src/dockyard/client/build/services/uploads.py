"""`moby.upload.v1.Upload`: the daemon fetches http://buildkit-session/<id>, which is what came in from stdin."""

import asyncio
import posixpath
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from dockyard.errors import NotFound
from dockyard.rpc.serve import Methods, conversing
from dockyard.wire.buildkit.messages import upload

_PIECE = 1 << 20


def upload_methods(uploads: Mapping[str, Callable[[], Iterator[bytes]]]) -> Methods:
    """Gives out `uploads`, each once: a stream can't be read again."""
    left = dict(uploads)

    async def pull(stream: Any) -> None:
        name = posixpath.basename(str((stream.metadata or {}).get("urlpath", "")))
        source = left.pop(name, None)
        if source is None:
            raise NotFound(f"no http response from session for {name}")
        pieces = source()
        while (piece := await asyncio.to_thread(next, pieces, None)) is not None:
            for at in range(0, len(piece), _PIECE):
                await stream.send_message(upload.BytesMessage(data=piece[at : at + _PIECE]))

    return conversing("/moby.upload.v1.Upload/Pull", pull)
