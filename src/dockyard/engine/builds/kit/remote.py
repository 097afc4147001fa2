"""Contexts that aren't directories of the client: repositories, archives and single files behind URLs, uploads."""

import asyncio
import os
import tempfile
from collections.abc import Awaitable, Iterator
from dataclasses import dataclass

from dockyard.builder.context.archive import watched
from dockyard.builder.context.clone import clone
from dockyard.builder.context.download import download
from dockyard.builder.context.git_url import GitUrl
from dockyard.builder.context.trees import archive_tree, receive_file
from dockyard.builder.graph import GitTree
from dockyard.builder.ops.unpack import is_archive
from dockyard.builder.session.git_access import git_access
from dockyard.builder.session.secrets import SessionSecrets
from dockyard.builder.session.session import Session
from dockyard.builder.session.upload import is_upload, upload
from dockyard.builder.solve.executor import Tell
from dockyard.builder.solve.results import Tree, directory_tree
from dockyard.builder.threads import finished
from dockyard.engine.builds.kit.uploads import BODY_URL, Offered
from dockyard.errors import InvalidParameter
from dockyard.fs.archive.source import write_all
from dockyard.store.distribution.registry.proxies import Proxies

_LEAST_FREE_BYTES = 256 << 20
_CHECK_EVERY_BYTES = 64 << 20


@dataclass(frozen=True, slots=True)
class Remote:
    """Fetches for one build."""

    session: Session
    scratch: str
    proxies: Proxies
    body: Iterator[bytes] | Awaitable[Offered] | None = None

    async def repository(self, found: GitUrl, tell: Tell, *, keep_git_dir: bool = False) -> Tree:
        """A repository's files."""
        return await self.cloned(GitTree(found.remote, found.reference, found.subdirectory, keep_git_dir), tell)

    async def cloned(self, tree: GitTree, tell: Tell) -> Tree:
        """The same for a source of ADD. The client's agent and tokens open it where that is needed."""
        directory = tempfile.mkdtemp(prefix="git-", dir=self.scratch)
        os.chmod(directory, 0o755)
        secrets = SessionSecrets(self.session, lambda: tempfile.mkdtemp(prefix="agent-", dir=self.scratch))
        async with git_access(secrets, tree.remote) as access:
            files = await clone(tree, directory, lambda said: tell(2, said), proxies=self.proxies, access=access)
        return directory_tree(files)

    async def archive_or_file(self, url: str) -> tuple[Tree, bool]:
        """What is at `url`: the files of an archive, or a directory with the one file `context`; whether the latter."""
        home = tempfile.mkdtemp(prefix="download-", dir=self.scratch)
        path = f"{home}/context"
        if url == BODY_URL and self.body is not None:
            await self._body(self.body, path)
        elif is_upload(url):
            await self._upload(url, path)
        else:
            await download(url, path, proxies=self.proxies)
        if not await asyncio.to_thread(_is_archive, path):
            os.chmod(home, 0o755)
            return directory_tree(home), True
        place = tempfile.mkdtemp(prefix="context-", dir=self.scratch)
        files = await asyncio.to_thread(receive_file, path, f"{place}/context.tar")
        os.unlink(path)
        return archive_tree(files, place), False

    async def _body(self, body: Iterator[bytes] | Awaitable[Offered], path: str) -> None:
        if isinstance(body, Iterator):
            await finished(_save, body, path)
            return
        offered = await body
        try:
            await finished(_save, offered.chunks, path)
        finally:
            offered.taken.set()

    async def _upload(self, url: str, path: str) -> None:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        since = _CHECK_EVERY_BYTES
        try:
            async for piece in upload(self.session, url):
                since += len(piece)
                if since >= _CHECK_EVERY_BYTES:
                    since = 0
                    disk = os.fstatvfs(descriptor)
                    if disk.f_bavail * disk.f_frsize < _LEAST_FREE_BYTES:
                        raise InvalidParameter("the build context is larger than what is free on the disk")
                await asyncio.to_thread(write_all, descriptor, piece)
        finally:
            os.close(descriptor)


def _save(chunks: Iterator[bytes], path: str) -> None:
    """Write a body to a new file. Raises InvalidParameter when the disk is too small for it."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        for chunk in watched(chunks, descriptor):
            write_all(descriptor, chunk)
    finally:
        os.close(descriptor)


def _is_archive(path: str) -> bool:
    with open(path, "rb") as file:
        return is_archive(iter(lambda: file.read(1 << 16), b""))
