"""`moby.filesync.v1.FileSend`: the daemon sends results: a folder's files, or one archive."""

import asyncio
import contextlib
import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dockyard.builder.session.filesync.receive import receive
from dockyard.builder.session.filesync.stream import GrpcPackets
from dockyard.errors import NotFound, SystemFailure
from dockyard.rpc.serve import Methods, conversing

_EXPORTER = "buildkit-attachable-exporter-id"


@dataclass(frozen=True, slots=True)
class Target:
    """Where one exporter's result goes: one of a folder, a file, a function that takes the archive's pieces."""

    folder: str = ""
    file: str = ""
    write: Callable[[bytes], object] | None = None


def export_methods(targets: Mapping[int, Target]) -> Methods:
    """Takes results into `targets`, by the exporter's place in the request."""

    async def diff_copy(stream: Any) -> None:
        text = str((stream.metadata or {}).get(_EXPORTER, "0"))
        target = targets.get(int(text) if text.isdecimal() else 0)
        if target is None:
            raise NotFound(f"exporter {text} not found")
        if target.folder:
            await _into_folder(stream, target.folder)
        elif target.write is not None:
            async for message in stream:
                await asyncio.to_thread(target.write, message.data)
        else:
            await _into_file(stream, target.file)

    return conversing("/moby.filesync.v1.FileSend/DiffCopy", diff_copy)


async def _into_folder(stream: Any, folder: str) -> None:
    """Adds to what is there; the files are ours, whoever owns them in the image."""
    try:
        os.makedirs(folder, mode=0o755, exist_ok=True)
    except OSError as error:
        raise SystemFailure(f"failed to create {folder}: {error.strerror}") from error
    await receive(GrpcPackets(stream), folder, merge=True, owners=False)


async def _into_file(stream: Any, path: str) -> None:
    """Written beside and renamed: who finds the file finds all of it."""
    beside = f"{path}.{secrets.token_hex(4)}"
    try:
        with Path(beside).open("xb") as file:  # noqa: ASYNC230  at once
            async for message in stream:
                await asyncio.to_thread(file.write, message.data)
        os.rename(beside, path)
    except OSError as error:
        raise SystemFailure(f"failed to write {path}: {error.strerror}") from error
    finally:
        with contextlib.suppress(OSError):
            os.unlink(beside)
