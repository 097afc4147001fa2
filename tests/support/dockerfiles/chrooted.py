"""Builds without an engine: a real store and solver, commands in a chroot of the layers. For what files become."""

import asyncio
import os
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AbstractContextManager, asynccontextmanager
from pathlib import Path

from dockyard.builder.cache import BuildCache
from dockyard.builder.cache.mounts import CacheMounts
from dockyard.builder.context.archive import exclude
from dockyard.builder.dockerfile import parse_dockerfile
from dockyard.builder.dockerfile.ignore import read_patterns
from dockyard.builder.graph import GitTree, HttpTree, LocalTree, Vertex
from dockyard.builder.locks import KeyLocks
from dockyard.builder.ops.worker import BuildWorker
from dockyard.builder.plan import BaseImage, BuildOptions, BuildPlan, plan_build
from dockyard.builder.solve.executor import Command, Say, Tell
from dockyard.builder.solve.results import Snapshot, Tree, directory_tree
from dockyard.builder.solve.solver import Solver
from dockyard.errors import InvalidParameter, NotFound
from dockyard.spec.image.descriptor import Platform
from dockyard.store.images import ImageStore
from tests.support.stores import Store, mounted


class _Sources:
    def __init__(self, context: Path) -> None:
        self._context = context

    async def local(self, tree: LocalTree) -> Tree:
        assert tree.name == "context"
        return directory_tree(str(self._context))

    async def http(self, tree: HttpTree, tell: Tell) -> Tree:
        raise InvalidParameter("no network")

    async def git(self, tree: GitTree, tell: Tell) -> Tree:
        raise InvalidParameter("no network")


class _Secrets:
    async def secret(self, secret_id: str) -> bytes | None:
        del secret_id
        return None

    def ssh(self, agent_id: str) -> AbstractAsyncContextManager[str | None]:
        del agent_id
        return self._none()

    @asynccontextmanager
    async def _none(self) -> AsyncIterator[str | None]:
        yield None


class _Chroot:
    """See Executor."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def run(self, command: Command, created: Callable[[str], None], say: Say) -> int:
        container_id = os.urandom(32).hex()
        layer = self._store.layers.create_rw(container_id, command.chain_id)
        created(container_id)
        assert not command.attachments
        with mounted(layer) as root:
            call = ["chroot", str(root), *command.args]
            environment = dict(one.split("=", 1) for one in command.env)
            done = await asyncio.to_thread(subprocess.run, call, env=environment, capture_output=True, check=False)
        await say(1, done.stdout + done.stderr)
        return done.returncode

    def private_directory(self) -> str:
        raise InvalidParameter("no secrets")

    def private_memory(self) -> AbstractContextManager[str]:
        raise InvalidParameter("no secrets")

    async def keep(self, container_id: str) -> None:
        raise InvalidParameter("nothing is kept")

    async def remove(self, container_id: str) -> None:
        self._store.layers.remove_rw(container_id)


class _Images:
    def __init__(self, images: ImageStore) -> None:
        self._images = images

    async def find(self, reference: str, platform: Platform | None) -> BaseImage:
        del platform
        found = self._images.find(reference)
        if found is None:
            raise NotFound(f"No such image: {reference}")
        return BaseImage(found.id, found.image, found.chain_id)


async def build(store: Store, dockerfile: str, context: Path, options: BuildOptions, scratch: Path) -> str | None:
    """The chain id that a Dockerfile comes to. Raises what made it fail."""
    _leave_out(context)
    with store.layers.lease() as lease:
        plan: BuildPlan = await plan_build(
            parse_dockerfile(dockerfile.encode(), style=options.style), options, _Images(store.images)
        )
        worker = BuildWorker(
            store.layers,
            lease,
            _Chroot(store),
            _Sources(context),
            _Secrets(),
            CacheMounts(str(scratch / "caches"), str(scratch / "trash"), lambda: 0),
            str(scratch),
            lambda event: None,
            lambda: 0,
            _room,
        )
        solver = Solver(
            worker, BuildCache(store.database), store.layers, lease, KeyLocks(), lambda event: None, lambda: 0
        )
        try:
            result = await solver.solve(plan.result.vertex)
        finally:
            await solver.close()
        assert isinstance(result, Snapshot)
        return result.chain_id


async def _room(vertex: Vertex) -> None:
    del vertex


def _leave_out(context: Path) -> None:
    """What the client wouldn't send goes; the directories keep their times, as in a client's context."""
    rules = context / ".dockerignore"
    times = {path: path.stat().st_mtime_ns for path in context.rglob("*") if path.is_dir() and not path.is_symlink()}
    exclude(str(context), read_patterns(rules.read_text() if rules.exists() else ""))
    for path, time in times.items():
        if path.exists():
            os.utime(path, ns=(time, time))
