"""One build of the classic API: the context comes in, the Dockerfile is planned and solved, the image gets names."""

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncGenerator

from dockyard.builder.classic.build import Classic, build
from dockyard.builder.classic.inbox import Inbox
from dockyard.builder.classic.text import short
from dockyard.builder.context.archive import (
    apply_own_rules,
    exclude,
    read_dockerfile,
    read_file,
    receive_context,
)
from dockyard.builder.context.clone import clone
from dockyard.builder.context.download import download
from dockyard.builder.context.git_url import parse_context_url
from dockyard.builder.context.trees import archive_tree, context_directory, receive_file
from dockyard.builder.dockerfile import Dockerfile, DockerfileError, parse_dockerfile
from dockyard.builder.dockerfile.ignore import NAME, read_patterns
from dockyard.builder.files.archive import ArchiveFiles
from dockyard.builder.graph import GitTree, Vertex
from dockyard.builder.ops.worker import BuildWorker
from dockyard.builder.plan import BuildOptions, BuildPlan, check_target, plan_build
from dockyard.builder.plan.options import epoch_of
from dockyard.builder.solve.results import Tree, directory_tree
from dockyard.builder.solve.solver import Solver
from dockyard.engine.builds.bases import EngineImages
from dockyard.engine.builds.cache_from import CacheFrom
from dockyard.engine.builds.executor import EngineExecutor
from dockyard.engine.builds.messages import Begun, Finished, ImageMade, Message, Pulled, Text
from dockyard.engine.builds.parts import Parts
from dockyard.engine.builds.request import BuildRequest
from dockyard.engine.builds.sources import NoSecrets, RequestSources
from dockyard.engine.in_thread import run_in_own_thread
from dockyard.engine.registries.configuration import proxies
from dockyard.engine.timestamps import rfc3339
from dockyard.errors import InvalidParameter
from dockyard.spec.image.descriptor import Platform
from dockyard.store.distribution.reference import Reference
from dockyard.store.layers.leases import Lease

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
        builds = self._builds
        async with builds.scratch() as scratch:
            context, dockerfile = await self._context(scratch)
            with builds.store.layers.lease() as lease:
                plan = await self._plan(dockerfile, lease)
                classic = self._classic(plan, context, scratch, lease)
                try:
                    image_id = await build(classic)
                finally:
                    await classic.solver.close()
                await self._name(image_id)

    async def _plan(self, dockerfile: Dockerfile, lease: Lease) -> BuildPlan:
        """From here on errors belong to the build, and show the Dockerfile's lines."""
        request, builds = self._request, self._builds
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
            return await plan_build(dockerfile, options, images)
        except DockerfileError as error:
            if error.excerpt:
                self._tell(f"{error.excerpt}\n")
            raise

    def _classic(self, plan: BuildPlan, context: Tree | None, scratch: str, lease: Lease) -> Classic:
        """All that solves the plan and tells of it."""
        request, builds = self._request, self._builds
        inbox = Inbox()

        async def room(vertex: Vertex) -> None:
            await inbox.room(vertex)
            await self._drained()

        executor = EngineExecutor(builds.services, request.host, builds.parallel)
        worker = BuildWorker(
            builds.store.layers,
            lease,
            executor,
            RequestSources(context, scratch, proxies(builds.services.daemon)),
            NoSecrets(),
            builds.mounts,
            scratch,
            inbox.tell,
            builds.services.clock_ns,
            room,
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
        epoch = epoch_of(request.arguments)
        return Classic(
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
            stands_on=executor.stands_on,
            known_images=cache_from.image_ids if request.cache_from else None,
            names_containers=epoch is None,
            announce=builds.services.images.announce_made,
        )

    async def _name(self, image_id: str) -> None:
        """Tell that it is done, and give the image its names."""
        self._tell(f"Successfully built {short(image_id)}\n")
        for tag in self._request.tags:
            await self._builds.services.images.tag(image_id, tag.familiar_name, tag.tag)
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

    async def _context(self, scratch: str) -> tuple[Tree | None, Dockerfile]:
        """The context, None when there is none, and the Dockerfile."""
        request = self._request
        if not request.remote:
            files = await run_in_own_thread(receive_context, request.chunks, f"{scratch}/context.tar")
            return await asyncio.to_thread(self._received, files, scratch)
        repository = parse_context_url(request.remote)
        if repository is not None:
            tree = GitTree(repository.remote, repository.reference, repository.subdirectory)
            directory = context_directory(scratch)
            ways = proxies(self._builds.services.daemon)
            folder = await clone(
                tree, directory, lambda said: self._tell(said.decode("utf-8", "replace")), proxies=ways
            )
            return await asyncio.to_thread(self._cloned, folder)
        if not request.remote.startswith(("http://", "https://")):
            raise InvalidParameter(f"remoteURL ({request.remote}) could not be recognized as URL")
        return await self._downloaded(scratch)

    async def _downloaded(self, scratch: str) -> tuple[Tree | None, Dockerfile]:
        home = tempfile.mkdtemp(dir=scratch)
        got = await download(self._request.remote, f"{home}/context", proxies=proxies(self._builds.services.daemon))
        if got.content_type in _TEXT_TYPES:
            return None, parse_dockerfile(read_file(directory_tree(home).files, "context") or b"", "Dockerfile")
        files = await asyncio.to_thread(receive_file, got.path, f"{scratch}/context.tar")
        return await asyncio.to_thread(self._received, files, scratch)

    def _received(self, files: ArchiveFiles, scratch: str) -> tuple[Tree, Dockerfile]:
        name, data = read_dockerfile(files, self._request.dockerfile)
        dockerfile = parse_dockerfile(data, name)
        apply_own_rules(files, name)

        return archive_tree(files, scratch), dockerfile

    def _cloned(self, folder: str) -> tuple[Tree, Dockerfile]:
        tree = directory_tree(folder)
        name, data = read_dockerfile(tree.files, self._request.dockerfile)
        rules = read_file(tree.files, f"{name}{NAME}") or read_file(tree.files, NAME) or b""
        exclude(folder, read_patterns(rules.decode("utf-8", "replace")))
        return tree, parse_dockerfile(data, name)
