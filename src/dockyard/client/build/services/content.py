"""`containerd.services.content.v1.Content`: folders of ours that the daemon may read blobs from and write them to.

A folder is an OCI image layout (image-spec v1.1, image-layout.md): `blobs/sha256/<hex>`. What is being written lies in
`ingest/` until it is whole and has the digest that was announced. Who offers the folder writes its index.json.
"""

import hashlib
import os
from collections.abc import AsyncGenerator, Mapping
from pathlib import Path
from typing import Any, Final

from grpclib.const import Status
from grpclib.exceptions import GRPCError

from dockyard.errors import InvalidParameter, NotFound, SystemFailure
from dockyard.rpc.serve import Metadata, Methods, conversing, streaming, unary
from dockyard.wire.buildkit.messages import content

_STORE: Final = "buildkit-attachable-store-id"
_SERVICE: Final = "/containerd.services.content.v1.Content/"
_PIECE: Final = 1 << 20
_HEX: Final = frozenset("0123456789abcdef")


def content_methods(stores: Mapping[str, str]) -> Methods:
    """Offers `stores`: folders by the name under which the daemon asks for them."""

    def folder_of(metadata: Metadata) -> Path:
        name = str(metadata.get(_STORE, ""))
        if name not in stores:
            raise NotFound(f"unknown store {name}")
        return Path(stores[name])

    async def info(request: Any, metadata: Metadata) -> Any:
        path = _blob(folder_of(metadata), request.digest)
        return content.InfoResponse(info=content.Info(digest=request.digest, size=_size(path, request.digest)))

    async def read(request: Any, metadata: Metadata) -> AsyncGenerator[Any, None]:
        path = _blob(folder_of(metadata), request.digest)
        left = request.size or _size(path, request.digest)
        with path.open("rb") as file:
            file.seek(request.offset)
            offset = request.offset
            while left > 0 and (data := file.read(min(_PIECE, left))):
                yield content.ReadContentResponse(offset=offset, data=data)
                offset += len(data)
                left -= len(data)

    async def write(stream: Any) -> None:
        await _Write(folder_of(stream.metadata or {})).take(stream)

    return {
        **unary(_SERVICE + "Info", info),
        **streaming(_SERVICE + "Read", read),
        **conversing(_SERVICE + "Write", write),
    }


class _Write:
    """One blob on its way into a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._hash = hashlib.sha256()
        self._size = 0

    async def take(self, stream: Any) -> None:
        """All messages of a write, each answered."""
        actions = content.WriteAction
        ingest = self._folder / "ingest"
        try:
            ingest.mkdir(parents=True, exist_ok=True)
            staged = ingest / os.urandom(16).hex()
            with staged.open("xb") as file:
                try:
                    async for message in stream:
                        if message.expected and _blob(self._folder, message.expected).exists():
                            raise GRPCError(Status.ALREADY_EXISTS, f"content {message.expected}: already exists")
                        if message.data:
                            if message.offset != self._size:
                                raise InvalidParameter(f"a write at {message.offset}, where {self._size} bytes are")
                            file.write(message.data)
                            self._hash.update(message.data)
                            self._size += len(message.data)
                        if message.action == actions["COMMIT"]:
                            file.flush()
                            os.fsync(file.fileno())
                            self._commit(staged, message)
                        await stream.send_message(
                            content.WriteContentResponse(action=message.action, offset=self._size, digest=self._digest)
                        )
                        if message.action == actions["COMMIT"]:
                            return
                finally:
                    staged.unlink(missing_ok=True)
        except OSError as error:
            raise SystemFailure(f"failed to write into {self._folder}: {error.strerror}") from error

    @property
    def _digest(self) -> str:
        return f"sha256:{self._hash.hexdigest()}"

    def _commit(self, staged: Path, message: Any) -> None:
        if message.expected not in ("", self._digest) or message.total not in (0, self._size):
            raise InvalidParameter(f"unexpected commit digest {self._digest}, expected {message.expected}")
        path = _blob(self._folder, self._digest)
        path.parent.mkdir(parents=True, exist_ok=True)
        os.rename(staged, path)


def _blob(folder: Path, digest: str) -> Path:
    kind, _, name = digest.partition(":")
    if kind != "sha256" or len(name) != 64 or not _HEX.issuperset(name):
        raise InvalidParameter(f"invalid digest {digest[:100]}")
    return folder / "blobs" / "sha256" / name


def _size(path: Path, digest: str) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        raise NotFound(f"content {digest}: not found") from None
