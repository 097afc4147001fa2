"""LLBBridge's looks into what a build came to: files, directories, and the configuration of images."""

import asyncio
import os
import posixpath
import stat
from typing import Any

from dockyard.builder.dockerfile.ignore import Ignore
from dockyard.builder.files import FileReader, LayerFiles, Status
from dockyard.builder.session.filesync.entry import go_mode
from dockyard.engine.builds.kit.jobs import KitBuilds
from dockyard.engine.engine import Engine
from dockyard.errors import InvalidParameter, NotFound, SystemFailure
from dockyard.fs.paths import components
from dockyard.fs.rooted import Steps
from dockyard.rpc.connection import MOST_MESSAGE_BYTES
from dockyard.rpc.serve import Metadata, Methods, unary
from dockyard.server.docker.buildkit.gateway import SERVICE, Gateway
from dockyard.spec.image.descriptor import Platform
from dockyard.store.graphdriver.view import View
from dockyard.wire.buildkit.messages import files, frontend


class Reading:
    """The methods of LLBBridge that only look."""

    def __init__(self, engine: Engine, builds: KitBuilds, gateway: Gateway) -> None:
        self._engine = engine
        self._builds = builds
        self._gateway = gateway

    def methods(self) -> Methods:
        """The methods."""
        return {
            **unary(SERVICE + "ReadFile", self.read_file),
            **unary(SERVICE + "ReadDir", self.read_directory),
            **unary(SERVICE + "StatFile", self.stat_file),
            **unary(SERVICE + "ResolveImageConfig", self.resolve_image_config),
            **unary(SERVICE + "ResolveSourceMeta", self.resolve_source_meta),
        }

    async def read_file(self, request: Any, metadata: Metadata) -> Any:
        """A file's content, or a part of it."""
        found = await self._files(request.Ref, metadata)
        return await asyncio.to_thread(_read_file, found, request)

    async def read_directory(self, request: Any, metadata: Metadata) -> Any:
        """What is in a directory."""
        found = await self._files(request.Ref, metadata)
        return await asyncio.to_thread(_read_directory, found, request)

    async def stat_file(self, request: Any, metadata: Metadata) -> Any:
        """A file's attributes."""
        found = await self._files(request.Ref, metadata)
        return await asyncio.to_thread(_stat_file, found, request)

    async def resolve_image_config(self, request: Any, metadata: Metadata) -> Any:
        """The configuration of an image, which is pulled if it isn't here."""
        job = await self._gateway.job(metadata)
        image_id, config = await job.image_config(request.Ref, _platform(request), request.ResolveMode == "pull")
        return frontend.ResolveImageConfigResponse(Digest=image_id, Config=config, Ref=request.Ref)

    async def resolve_source_meta(self, request: Any, metadata: Metadata) -> Any:
        """The same for sources; only images have something to tell."""
        scheme, _, reference = request.Source.identifier.partition("://")
        if scheme != "docker-image":
            return frontend.ResolveSourceMetaResponse(Source=request.Source)
        job = await self._gateway.job(metadata)
        image_id, config = await job.image_config(reference, _platform(request), request.ResolveMode == "pull")
        image = {"Digest": image_id} if request.Image.NoConfig else {"Digest": image_id, "Config": config}
        return frontend.ResolveSourceMetaResponse(Source=request.Source, Image=image)

    async def _files(self, ref_id: str, metadata: Metadata) -> LayerFiles:
        job = await self._gateway.job(metadata)
        run, planned = job.ref(ref_id)
        snapshot = await run.snapshot(planned)
        layers = self._engine.builds.parts.store.layers
        if snapshot.chain_id is None:
            raise NotFound("the result is empty")
        view: View = layers.driver.view(layers.get(snapshot.chain_id).driver_id)
        return LayerFiles(view)


def _read_file(found: LayerFiles, request: Any) -> Any:
    """Only what is asked for is read: a client may want the end of a file that is larger than memory."""
    with found.reader() as reader:
        steps, status = _resolved(reader, request.FilePath)
        if not stat.S_ISREG(status.st_mode):
            raise InvalidParameter(f"read {request.FilePath}: is a directory")
        start = request.Range.Offset if request.HasField("Range") else 0
        if start < 0:
            raise InvalidParameter(f"read {request.FilePath}: negative offset")
        length = max(0, status.st_size - start)
        if request.HasField("Range"):
            length = max(0, min(length, request.Range.Length))
        if length > MOST_MESSAGE_BYTES - 1024:
            raise InvalidParameter(f"{request.FilePath} is larger than a message")
        try:
            return frontend.ReadFileResponse(Data=reader.part(steps, start, length))
        except OSError as error:
            raise _unreadable(request.FilePath, error) from error


def _read_directory(found: LayerFiles, request: Any) -> Any:
    pattern = Ignore([request.IncludePattern]) if request.IncludePattern else None
    with found.reader() as reader:
        steps, _ = _resolved(reader, request.DirPath)
        entries = []
        for name in sorted(reader.names(steps)):
            status = reader.status((*steps, name))
            if status is not None and (pattern is None or pattern.excludes(os.fsdecode(name))):
                entries.append(_entry(reader, (*steps, name), status))
    return frontend.ReadDirResponse(entries=entries)


def _stat_file(found: LayerFiles, request: Any) -> Any:
    with found.reader() as reader:
        steps, status = _resolved(reader, request.Path)
        return frontend.StatFileResponse(stat=_entry(reader, steps, status))


def _unreadable(path: str, error: OSError) -> SystemFailure:
    return SystemFailure(f"open {path}: {(error.strerror or '').lower()}")


def _resolved(reader: FileReader, path: str) -> tuple[Steps, Status]:
    try:
        steps = reader.resolve(components(os.fsencode(posixpath.normpath("/" + path))))
        status = reader.status(steps) if steps is not None else None
    except OSError as error:
        raise _unreadable(path, error) from error
    if steps is None or status is None:
        raise NotFound(f"open {path}: no such file or directory")
    return steps, status


def _entry(reader: FileReader, steps: Steps, status: Status) -> Any:
    link = reader.readlink(steps) if stat.S_ISLNK(status.st_mode) else b""
    return files.Stat(
        path=steps[-1] if steps else b"",
        mode=go_mode(status.st_mode),
        uid=status.st_uid,
        gid=status.st_gid,
        size=status.st_size,
        modTime=status.st_mtime_ns,
        linkname=link,
    )


def _platform(request: Any) -> Platform | None:
    if not request.HasField("Platform"):
        return None
    return Platform(request.Platform.Architecture, request.Platform.OS, request.Platform.Variant)
