"""RUN: what its mounts show is made ready, the command runs, what it wrote becomes a layer."""

import asyncio
import contextlib
import os
import stat
from contextlib import AsyncExitStack
from typing import Protocol

from dockyard.builder.cache.mounts import CacheMounts
from dockyard.builder.files import Files
from dockyard.builder.graph import BindMount, CacheMount, Run, SecretMount, SshMount, TmpfsMount, Vertex
from dockyard.builder.ops.canvas import Canvas
from dockyard.builder.ops.place import Attributes, place
from dockyard.builder.ops.select import Found, select, uncomputable
from dockyard.builder.solve.events import Event, Running
from dockyard.builder.solve.executor import Attachment, Command, Executor, Say
from dockyard.builder.solve.results import Result, Snapshot, Tree
from dockyard.builder.solve.sources import Secrets
from dockyard.errors import DockyardError, InvalidParameter, NotFound, SystemFailure
from dockyard.fs.archive.source import write_all
from dockyard.fs.mount import Mount
from dockyard.fs.paths import components
from dockyard.fs.rooted import RootedTree, Steps
from dockyard.store.graphdriver.view import View
from dockyard.store.layers import LayerStore
from dockyard.store.layers.adopt import Draft


class CommandFailed(InvalidParameter):
    """A command ended with another code than 0."""

    def __init__(self, args: tuple[str, ...], exit_code: int) -> None:
        super().__init__(f"The command '{' '.join(args)}' returned a non-zero code: {exit_code}")
        self.command = args
        self.exit_code = exit_code


class NotRun(InvalidParameter):
    """A command could not even be begun; `str()` is why."""

    def __init__(self, args: tuple[str, ...], reason: DockyardError) -> None:
        super().__init__(str(reason))
        self.command = args


class RunWorker(Protocol):
    """What is needed of the worker (ops/worker.py)."""

    layers: LayerStore
    executor: Executor
    secrets: Secrets
    mounts: CacheMounts
    scratch: str
    keep_containers: str

    def tell(self, event: Event, /) -> None: ...
    def saying(self, vertex: Vertex) -> Say: ...
    def files(self, result: Result) -> Files: ...
    def view(self, result: Snapshot) -> View: ...
    def adopt(self, draft: Draft, vertex: Vertex, label: str = "", container_id: str = "") -> Snapshot: ...


async def perform(worker: RunWorker, vertex: Vertex, operation: Run, inputs: list[Result]) -> Snapshot:
    """Run the command; its layer. Raises CommandFailed, and DockyardError when it can't be run at all."""
    base = inputs[0]
    assert isinstance(base, Snapshot)
    async with AsyncExitStack() as stack:
        ready = _Ready(worker, stack, inputs)
        for mount in operation.mounts:
            await ready.add(mount)
        command = Command(
            base.chain_id,
            operation.args,
            (*operation.env, *operation.hidden_env),
            operation.cwd,
            operation.user,
            operation.network,
            operation.insecure,
            tuple(ready.attachments),
            tuple(ready.host_mounts),
            tuple(ready.private_env),
            ready.memory,
        )
        container: list[str] = []

        def created(container_id: str) -> None:
            container.append(container_id)
            worker.tell(Running(vertex, container_id))

        kept = worker.keep_containers == "always"
        try:
            try:
                exit_code = await worker.executor.run(command, created, worker.saying(vertex))
            except (InvalidParameter, SystemFailure) as error:
                raise NotRun(operation.args, error) from error
            if exit_code != 0:
                kept = worker.keep_containers != ""
                raise CommandFailed(operation.args, exit_code)
            targets = [mount.target for mount in operation.mounts if mount.target]
            return await asyncio.to_thread(_adopted, worker, vertex, base, container[0], targets)
        finally:
            if container and kept:
                await asyncio.shield(worker.executor.keep(container[0]))
            elif container:  # with its files, unless they have become a layer
                await asyncio.shield(worker.executor.remove(container[0]))


def _adopted(worker: RunWorker, vertex: Vertex, base: Snapshot, container_id: str, targets: list[str]) -> Snapshot:
    draft = worker.layers.draft_of_rw(container_id, whole=worker.keep_containers == "always")
    try:
        for target in targets:
            remove_stub(draft.directory, worker.view(base), components(os.fsencode(target)))
    except BaseException:
        worker.layers.discard(draft)
        raise
    return worker.adopt(draft, vertex, container_id=container_id)


def remove_stub(directory: str, below: View, target: Steps) -> None:
    """Take away what was made only so that something could be mounted on it: empty, and not in the layers below."""
    with RootedTree(directory) as tree, below.reader() as reader:
        for depth in range(len(target), 0, -1):
            steps = target[:depth]
            try:
                if reader.status(steps) is not None:
                    return
                parent = tree.directory(steps[:-1])
                status = os.stat(steps[-1], dir_fd=parent, follow_symlinks=False)
                if stat.S_ISDIR(status.st_mode):
                    os.rmdir(steps[-1], dir_fd=parent)
                elif stat.S_ISREG(status.st_mode) and status.st_size == 0 and depth == len(target):
                    os.unlink(steps[-1], dir_fd=parent)
                else:
                    return
            except OSError:
                return  # not there, or something is in it


class _Ready:
    """Gathers what a command's mounts need; `stack` takes it away afterwards."""

    def __init__(self, worker: RunWorker, stack: AsyncExitStack, inputs: list[Result]) -> None:
        self._worker = worker
        self._stack = stack
        self._inputs = inputs
        self.attachments: list[Attachment] = []
        self.host_mounts: list[Mount] = []
        self.private_env: list[str] = []
        self.memory = ""

    async def add(self, mount: BindMount | CacheMount | TmpfsMount | SecretMount | SshMount) -> None:
        match mount:
            case TmpfsMount(target, size_bytes):
                self.attachments.append(Attachment(target, size_bytes=size_bytes))
            case BindMount():
                await self._bind(mount)
            case CacheMount():
                await self._cache(mount)
            case SecretMount():
                await self._secret(mount)
            case SshMount():
                await self._ssh(mount)

    async def _bind(self, mount: BindMount) -> None:
        source = self._inputs[mount.input]
        if isinstance(source, Tree) and mount.readonly:
            directory = await asyncio.to_thread(source.directory)
            at = _inside(source.files, mount.source)
            self.attachments.append(Attachment(mount.target, f"{directory}/{at}".rstrip("/"), True))
            return
        chain_id = source.chain_id if isinstance(source, Snapshot) else None
        draft = await asyncio.to_thread(self._worker.layers.draft, chain_id)
        self._stack.callback(self._worker.layers.discard, draft)
        driver = self._worker.layers.driver
        if isinstance(source, Tree):
            # What is written goes nowhere: the command gets a copy of its own.
            await asyncio.to_thread(_copy, source.files, draft.directory, ".")
            root = draft.directory
        elif chain_id is None:
            root = draft.directory
        else:
            root = driver.root(draft.driver_id)
            self.host_mounts += driver.mounts(draft.driver_id)
        at = _inside(self._worker.files(source), mount.source)
        self.attachments.append(Attachment(mount.target, f"{root}/{at}".rstrip("/"), mount.readonly))

    async def _cache(self, mount: CacheMount) -> None:
        def fill(directory: str) -> None:
            if mount.input:
                _copy(self._worker.files(self._inputs[mount.input]), directory, mount.source)

        held = self._worker.mounts.hold(mount.id, mount.sharing, fill, mount.uid, mount.gid, mount.mode)
        directory = await self._stack.enter_async_context(held)
        self.attachments.append(Attachment(mount.target, directory, mount.readonly))

    async def _secret(self, mount: SecretMount) -> None:
        data = await self._worker.secrets.secret(mount.id)
        if data is None:
            if mount.required:
                raise InvalidParameter(f"secret {mount.id}: not found")
            return
        if mount.env:
            self._enter_memory()
            self.private_env.append(f"{mount.env}={data.decode('utf-8', 'replace')}")
        if mount.target:
            path = f"{self._enter_memory()}/secret-{len(self.attachments)}"
            _write(path, data, mount)
            self.attachments.append(Attachment(mount.target, path, True))

    def _enter_memory(self) -> str:
        """Where what only this command may know is, as long as it runs."""
        if not self.memory:
            self.memory = self._stack.enter_context(self._worker.executor.private_memory())
        return self.memory

    async def _ssh(self, mount: SshMount) -> None:
        path = await self._stack.enter_async_context(self._worker.secrets.ssh(mount.id))
        if path is None:
            if mount.required:
                raise InvalidParameter(f"unset ssh forward key {mount.id}")
            return
        with contextlib.suppress(OSError):
            os.chown(path, mount.uid, mount.gid)
            os.chmod(path, mount.mode)
        self.attachments.append(Attachment(mount.target, path))


def _write(path: str, data: bytes, mount: SecretMount) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        write_all(descriptor, data)
        os.fchown(descriptor, mount.uid, mount.gid)
        os.fchmod(descriptor, mount.mode)
    except OSError as error:
        raise SystemFailure(f"secret {mount.id}: {(error.strerror or str(error)).lower()}") from error
    finally:
        os.close(descriptor)


def mounted(files: Files, source: str) -> list[Found]:
    """What a mount shows of a tree, to be digested. Raises InvalidParameter in BuildKit's words."""
    try:
        return select(files, (source,), strict=False)
    except NotFound as error:
        raise InvalidParameter(uncomputable(str(error))) from None


def _inside(files: Files, source: str) -> str:
    """Where `source` really is in the tree, links followed inside. Raises InvalidParameter when it isn't there."""
    steps = components(os.fsencode(source))
    try:
        with files.reader() as reader:
            real = reader.resolve(steps)
    except OSError as error:
        raise InvalidParameter(f"mount source {source}: {(error.strerror or '').lower()}") from error
    if real is None:
        raise InvalidParameter(uncomputable(f'"{source}": not found'))
    return os.fsdecode(b"/".join(real))


def _copy(files: Files, directory: str, source: str) -> None:
    found = select(files, (source,))
    try:
        with Canvas(directory, None) as canvas, files.reader() as reader:
            for one in found:
                place(canvas, reader, one, () if one.is_directory else one.relative, Attributes(None, None))
    except OSError as error:
        raise SystemFailure(f"copying {source}: {error.strerror}") from error
