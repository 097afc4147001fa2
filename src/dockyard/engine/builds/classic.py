"""One build of the classic API: the context comes in, the Dockerfile is planned and solved, the image gets names."""

import asyncio
import contextlib
import os
import tempfile
from collections.abc import AsyncGenerator

from dockyard.builder.classic.build import Classic, build
from dockyard.builder.classic.inbox import Inbox
from dockyard.builder.classic.text import short
from dockyard.builder.context.archive import apply_own_rules, exclude, read_dockerfile, read_file, unpack_context
from dockyard.builder.context.clone import clone
from dockyard.builder.context.download import download
from dockyard.builder.context.git_url import parse_context_url
from dockyard.builder.dockerfile import Dockerfile, DockerfileError, parse_dockerfile
from dockyard.builder.dockerfile.ignore import NAME, read_patterns
from dockyard.builder.graph import GitTree
from dockyard.builder.ops.worker import BuildWorker
from dockyard.builder.plan import BuildOptions, check_target, plan_build
from dockyard.builder.solve.solver import Solver
from dockyard.engine.builds.bases import EngineImages
from dockyard.engine.builds.cache_from import CacheFrom
from dockyard.engine.builds.executor import EngineExecutor
from dockyard.engine.builds.messages import Begun, Finished, ImageMade, Message, Pulled, Text
from dockyard.engine.builds.parts import Parts
from dockyard.engine.builds.request import BuildRequest
from dockyard.engine.builds.sources import NoSecrets, RequestSources
from dockyard.engine.in_thread import run_in_own_thread
from dockyard.engine.timestamps import rfc3339
from dockyard.errors import InvalidParameter
from dockyard.spec.image.descriptor import Platform
from dockyard.store.distribution.reference import Reference

_TEXT_TYPES = ("text/plain",)
_MOST_UNREAD = 256
_END = None


class ClassicBuild:
    """One build, run while its messages are read."""

    def __init__(self, builds: Parts, request: BuildRequest) -> None:
        self._builds = builds
        self._request = request
        self._messages: asyncio.Queue[Message | None] = asyncio.Queue()
        self._read = asyncio.Event()

    async def messages(self) -> AsyncGenerator[Message, None]:
        """What is told, to the end. Raises what made the build fail; leaving it early ends the build."""
        work = asyncio.ensure_future(self._run())
        work.add_done_callback(lambda _: self._messages.put_nowait(_END))
        try:
            while (message := await self._messages.get()) is not _END:
                self._read.set()
                yield message
            await work
        finally:
            work.cancel()
            with contextlib.suppress(BaseException):
                await work

    async def _run(self) -> None:
        request, builds = self._request, self._builds
        async with builds.scratch() as scratch:
            context, dockerfile = await self._context(scratch)
            with builds.store.layers.lease() as lease:
                images = EngineImages(
                    builds.store.images,
                    builds.services.images.platform,
                    self._pull,
                    lambda event: self._messages.put_nowait(Pulled(event)),
                    lease,
                    always=request.pull,
                )
                options = BuildOptions(
                    arguments=request.arguments,
                    labels=request.labels,
                    target=request.target,
                    no_cache=request.no_cache,
                    network=request.network,
                    platform=request.platform,
                    build_platform=builds.services.images.platform,
                )
                check_target(dockerfile, options.target)
                self._messages.put_nowait(Begun())
                try:
                    plan = await plan_build(dockerfile, options, images)
                except DockerfileError as error:
                    if error.excerpt:
                        self._tell(f"{error.excerpt}\n")
                    raise
                inbox = Inbox()
                worker = BuildWorker(
                    builds.store.layers,
                    lease,
                    EngineExecutor(builds.services, request.host, builds.parallel, self._drained),
                    RequestSources(context, scratch),
                    NoSecrets(),
                    builds.mounts,
                    scratch,
                    inbox.tell,
                    builds.services.clock_ns,
                    self._keeps(),
                )
                cache_from = CacheFrom(builds.store.images, request.cache_from, plan)
                solver = Solver(
                    worker,
                    builds.cache,
                    builds.store.layers,
                    lease,
                    builds.locks,
                    inbox.tell,
                    builds.services.clock_ns,
                    cache_from.find if request.cache_from else None,
                )
                epoch = options.epoch_seconds
                classic = Classic(
                    plan,
                    solver,
                    inbox,
                    builds.cache,
                    builds.store.images,
                    lambda text: self._messages.put_nowait(Text(text)),
                    lambda image_id: self._messages.put_nowait(ImageMade(image_id)),
                    (lambda: rfc3339(builds.services.clock_ns())) if epoch is None else lambda: rfc3339(epoch * 10**9),
                    request.removes or request.force_removes,
                    request.no_cache,
                    names_containers=epoch is None,
                )
                try:
                    image_id = await build(classic)
                finally:
                    await solver.close()
                self._tell(f"Successfully built {short(image_id)}\n")
                for tag in request.tags:
                    await builds.services.images.tag(image_id, tag.familiar_name, tag.tag)
                    self._tell(f"Successfully tagged {tag.familiar}\n")
                self._messages.put_nowait(Finished(image_id))

    def _keeps(self) -> str:
        if self._request.force_removes:
            return ""
        return "failed" if self._request.removes else "always"

    def _tell(self, text: str) -> None:
        self._messages.put_nowait(Text(text))

    async def _drained(self) -> None:
        """Until the client has read most of what it was told: a command's output waits for it, as in Docker."""
        while self._messages.qsize() > _MOST_UNREAD:
            self._read.clear()
            await self._read.wait()

    async def _pull(self, reference: Reference, platform: Platform | None) -> AsyncGenerator[object, None]:
        credentials = self._request.credentials
        from dockyard.store.distribution.registry.credentials import Credentials

        found = credentials(reference) if credentials is not None else Credentials()
        async with contextlib.aclosing(self._builds.registries.pull(reference, platform, found)) as events:
            async for event in events:
                yield event

    async def _context(self, scratch: str) -> tuple[str | None, Dockerfile]:
        """The context's directory, None when there is none, and the Dockerfile."""
        request = self._request
        directory = f"{scratch}/context"
        os.mkdir(directory, 0o755)
        os.chmod(directory, 0o755)
        if not request.remote:
            await run_in_own_thread(unpack_context, request.chunks, directory)
            return await asyncio.to_thread(self._from, directory)
        repository = parse_context_url(request.remote)
        if repository is not None:
            tree = GitTree(repository.remote, repository.reference, repository.subdirectory)
            folder = await clone(tree, directory, lambda said: self._tell(said.decode("utf-8", "replace")))
            return await asyncio.to_thread(self._from, folder, unfiltered=True)
        if not request.remote.startswith(("http://", "https://")):
            raise InvalidParameter(f"remoteURL ({request.remote}) could not be recognized as URL")
        return await self._downloaded(scratch, directory)

    async def _downloaded(self, scratch: str, directory: str) -> tuple[str | None, Dockerfile]:
        remote = self._request.remote
        home = tempfile.mkdtemp(dir=scratch)
        got = await download(remote, f"{home}/context")
        if got.content_type in _TEXT_TYPES:
            return None, parse_dockerfile(read_file(home, "context") or b"", "Dockerfile")
        await asyncio.to_thread(_unpack_file, got.path, directory)
        return await asyncio.to_thread(self._from, directory)

    def _from(self, directory: str, *, unfiltered: bool = False) -> tuple[str, Dockerfile]:
        name, data = read_dockerfile(directory, self._request.dockerfile)
        dockerfile = parse_dockerfile(data, name)
        if unfiltered:
            rules = read_file(directory, f"{name}{NAME}") or read_file(directory, NAME) or b""
            exclude(directory, read_patterns(rules.decode("utf-8", "replace")))
        else:
            apply_own_rules(directory, name)
        return directory, dockerfile


def _unpack_file(path: str, directory: str) -> None:
    with open(path, "rb") as file:
        unpack_context(iter(lambda: file.read(1 << 18), b""), directory)
