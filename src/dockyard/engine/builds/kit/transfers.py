"""Files of the client, with their lines in progress: `transferring context: 12.3kB`."""

import os
import tempfile
from collections.abc import Generator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from hashlib import sha256

from dockyard.builder.cache.mounts import CacheMounts
from dockyard.builder.frontend.lines import Line
from dockyard.builder.session.files import Wanted, receive_files
from dockyard.builder.session.session import Session
from dockyard.engine.builds.kit.events import words
from dockyard.engine.builds.kit.progress import Progress


@dataclass(frozen=True, slots=True)
class Transfers:
    """What fetches files for one build. What it fetches stays until `stack` is left."""

    job_id: str
    session: Session
    progress: Progress
    kept: CacheMounts
    scratch: str
    stack: AsyncExitStack

    @contextmanager
    def line(self, name: str) -> Generator[str, None, None]:
        """A vertex of progress; its digest."""
        digest = self.digest(name)
        self.progress.announce([Line(digest, name)])
        self.progress.start(digest)
        try:
            yield digest
        except BaseException as error:
            self.progress.complete(digest, error=words(error))
            raise
        self.progress.complete(digest)

    def digest(self, name: str) -> str:
        """The digest of a vertex that has no other."""
        return "sha256:" + sha256(f"{self.job_id} {name}".encode("utf-8", "replace")).hexdigest()

    async def small(self, wanted: Wanted, title: str, label: str) -> str:
        """A few files that are read once: the directory where they are."""
        directory = tempfile.mkdtemp(prefix="files-", dir=self.scratch)
        with self.line(title) as digest:
            await self.fetch(wanted, directory, digest, label)
        return directory

    async def whole(self, wanted: Wanted, digest: str, label: str, hint: str) -> str:
        """A context: the directory where it is. What another build of the same directory has fetched isn't again.

        `hint` tells contexts of one client's directory apart.
        """
        shared = self.session.shared_key
        if shared:
            key = f"{hint} {wanted.name} {shared}"
            directory = await self.stack.enter_async_context(
                self.kept.hold(key, "private", lambda _: None, 0, 0, 0o755)
            )
        else:
            directory = tempfile.mkdtemp(prefix="context-", dir=self.scratch)
            os.chmod(directory, 0o755)
        await self.fetch(wanted, directory, digest, label)
        return directory

    async def fetch(self, wanted: Wanted, directory: str, digest: str, label: str) -> None:
        """Files of the client into `directory`."""
        name = f"transferring {label}:"
        self.progress.status(digest, name)
        last = 0

        def moved(size: int) -> None:
            nonlocal last
            last = size
            self.progress.status(digest, name, size)

        await receive_files(self.session, wanted, directory, moved)
        self.progress.status(digest, name, last, done=True)
