"""All builds of BuildKit's API: begun by Solve, followed by Status, and, where the client runs the frontend, steered by
calls that name the build."""

import asyncio
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

from dockyard.builder.cache.mounts import CacheMounts
from dockyard.builder.export.contract import Exporter, Ref
from dockyard.builder.export.exporters import exporter_of
from dockyard.builder.frontend.attributes import Attributes, CacheSource, parse_attributes
from dockyard.builder.session.auth import credentials_for
from dockyard.builder.session.session import nobody
from dockyard.engine.builds.exports import export_tools
from dockyard.engine.builds.kit.allowed import parse_entitlements
from dockyard.engine.builds.kit.caches import JobCaches
from dockyard.engine.builds.kit.frontend import Planned, Run
from dockyard.engine.builds.kit.history import History
from dockyard.engine.builds.kit.job import Job, Returned
from dockyard.engine.builds.kit.parts import JobParts
from dockyard.engine.builds.kit.progress import Progress
from dockyard.engine.builds.kit.receiver import SessionReceiver
from dockyard.engine.builds.kit.recorded import recorded
from dockyard.engine.builds.kit.sessions import Sessions
from dockyard.engine.builds.kit.uploads import Uploads
from dockyard.engine.builds.parts import Parts
from dockyard.errors import AlreadyExists, InvalidParameter, NotFound
from dockyard.store.distribution.reference import Reference
from dockyard.store.distribution.registry.credentials import Credentials

_WAIT_SECONDS = 6.0
_ENDED_SECONDS = 10.0
_ENDED_BYTES = 16 << 20
"""A client asks for the progress of its build beside the build itself: a short one may be over by then."""
FRONTENDS = ("dockerfile.v0",)


@dataclass(frozen=True, slots=True)
class Output:
    """One `--output`."""

    type: str
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Solve:
    """What a client asks for. `frontend`: empty when it runs the frontend itself. `inputs`: ids of earlier results."""

    id: str
    session: str
    frontend: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    outputs: tuple[Output, ...] = ()
    cache_from: tuple[CacheSource, ...] = ()
    cache_to: tuple[CacheSource, ...] = ()
    entitlements: tuple[str, ...] = ()
    inputs: Mapping[str, str] = field(default_factory=dict)
    internal: bool = False


class KitBuilds:
    """The builds of one engine. Used on the event loop's thread."""

    def __init__(self, parts: Parts, kept: CacheMounts) -> None:
        self._parts = parts
        self._kept = kept
        self.sessions = Sessions()
        self.uploads = Uploads()
        self.history = History(parts.services.paths.build_history)
        self._reserved: set[str] = set()
        self._jobs: dict[str, Job] = {}
        self._ended: OrderedDict[str, Progress] = OrderedDict()
        self._changed = asyncio.Condition()

    async def solve(
        self, request: Solve, *, body: Iterator[bytes] | None = None, upload: str = ""
    ) -> Mapping[str, str]:
        """Build to the end; what the exporters answer. Who is cancelled ends the build.

        `body`: the context, when it comes with the request; `upload`: the name under which it comes with another.

        Raises BuildFailed for what the build itself has wrong, InvalidParameter for the request.
        """
        if not request.id or request.id in self._reserved:
            raise AlreadyExists(f"job ID {request.id!r} exists already".replace("'", '"'))
        if request.frontend and request.frontend not in FRONTENDS:
            raise InvalidParameter(f"invalid frontend: {request.frontend}: Dockyard has dockerfile.v0")
        allowed = parse_entitlements(request.entitlements)
        attributes = parse_attributes(request.attributes)
        progress = Progress(self._parts.services.clock_ns)
        async with AsyncExitStack() as stack:
            self._reserved.add(request.id)  # before anything is waited for: another request may have the same id
            stack.callback(self._reserved.discard, request.id)
            stack.callback(progress.close)
            session = await self.sessions.get(request.session) if request.session else nobody("")
            scratch = await stack.enter_async_context(self._parts.scratch())
            lease = stack.enter_context(self._parts.store.layers.lease())
            receiver = SessionReceiver(session)

            async def credentials(reference: Reference) -> Credentials:
                return await credentials_for(session, reference)

            caches = JobCaches(self._parts, request.id, progress, receiver, credentials)
            caches.prepare(request.cache_from, request.cache_to)
            parts = JobParts(
                self._parts,
                request.id,
                session,
                progress,
                self._kept,
                scratch,
                lease,
                stack,
                allowed,
                caches,
                self.input_ref,
                body or (self.uploads.take(upload) if upload else None),
            )
            tools = export_tools(self._parts, receiver, credentials)
            exporters = [
                exporter_of(one.type, one.attributes, number, tools) for number, one in enumerate(request.outputs)
            ]
            job = Job(parts, request.inputs, asyncio.get_running_loop().create_future())
            await self._add(job)
            stack.callback(self._end, job)
            if request.internal:
                return await self._run(job, request, attributes, exporters)
            outputs = [(one.type, one.attributes) for one in request.outputs]
            async with recorded(
                self.history,
                request.id,
                request.frontend,
                request.attributes,
                outputs,
                progress,
                self._parts.services.clock_ns,
            ) as told:
                told.answer = await self._run(job, request, attributes, exporters)
                return told.answer

    async def _run(
        self, job: Job, request: Solve, attributes: Attributes, exporters: list[Exporter]
    ) -> Mapping[str, str]:
        if request.frontend:
            _, ids = await job.run(attributes, request.inputs)
            returned = Returned(tuple(ids))
        else:
            returned = await job.returned
        if returned.error is not None:
            raise returned.error
        return (await job.finish(returned.ref_ids, exporters))[1]

    async def progress(self, job_id: str, work: "asyncio.Future[Any] | None" = None) -> Progress:
        """What the build `job_id` tells or has told, waited for a while, or until `work` is done. Raises NotFound."""
        asked = asyncio.ensure_future(self._told(job_id))
        try:
            await asyncio.wait([asked, *([work] if work is not None else [])], return_when=asyncio.FIRST_COMPLETED)
            if not asked.done():
                raise NotFound(f"no such job {job_id}")
            return asked.result()
        finally:
            asked.cancel()

    async def _told(self, job_id: str) -> Progress:
        """A short build may have begun and ended before its waiter looks."""
        try:
            async with asyncio.timeout(_WAIT_SECONDS), self._changed:
                while True:
                    if job_id in self._ended:
                        return self._ended[job_id]
                    if (found := self._jobs.get(job_id)) is not None:
                        return found.parts.progress
                    await self._changed.wait()
        except TimeoutError:
            raise NotFound(f"no such job {job_id}") from None

    def find_ref(self, ref_id: str) -> tuple[Run, Planned]:
        """A result of any build that is still there. Raises NotFound."""
        for job in self._jobs.values():
            if ref_id in job.refs:
                return job.refs[ref_id]
        raise NotFound(f"no such ref: {ref_id}")

    async def job(self, job_id: str) -> Job:
        """The build `job_id`, waited for a while. Raises NotFound."""
        try:
            async with asyncio.timeout(_WAIT_SECONDS), self._changed:
                while (found := self._jobs.get(job_id)) is None:
                    await self._changed.wait()
        except TimeoutError:
            raise NotFound(f"no such job {job_id}") from None
        return found

    def input_ref(self, ref_id: str) -> Ref | None:
        """What a build that is still there came to, under the id that its client knows."""
        for job in self._jobs.values():
            if ref_id in job.refs:
                run, planned = job.refs[ref_id]
                return run.ref_of(planned)
        return None

    def _end(self, job: Job) -> None:
        if self._jobs.get(job.parts.id) is job:
            del self._jobs[job.parts.id]
        progress = job.parts.progress
        self._forget(job.parts.id)
        self._ended[job.parts.id] = progress
        asyncio.get_running_loop().call_later(_ENDED_SECONDS, self._forget, job.parts.id, progress)
        while len(self._ended) > 1 and sum(one.size_bytes for one in self._ended.values()) > _ENDED_BYTES:
            self._ended.popitem(last=False)

    def _forget(self, job_id: str, progress: Progress | None = None) -> None:
        if progress in (None, self._ended.get(job_id)):
            self._ended.pop(job_id, None)

    async def _add(self, job: Job) -> None:
        self._jobs[job.parts.id] = job
        self._forget(job.parts.id)  # of an earlier build with the same id
        async with self._changed:
            self._changed.notify_all()
