"""All downloads of one engine: who wants which blob, how many are fetched at once.

A blob that two pulls want is fetched once. `want` gives a ticket; with the last ticket of a blob the download ends, and
what it brought is removed, unless a layer has kept it (`Partial.keep`) or the daemon is ending: then the next one goes
on from there.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from dockyard.errors import DockyardError, InvalidParameter, SystemFailure
from dockyard.store.content import ContentStore
from dockyard.store.content.contract import Blob
from dockyard.store.pull.download import Download, Listener, Phase, Source

ABANDONED_SECONDS = 24 * 3600.0
"""What a killed process left is removed at a start when it is older."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How many downloads at once (0 is without limit), and how often each is tried."""

    at_once: int = 3
    attempts: int = 5


class Downloads:
    """Belongs to one event loop. `limits` are asked again for each download."""

    def __init__(
        self,
        content: ContentStore,
        limits: Callable[[], Limits],
        *,
        now: Callable[[], datetime],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._content = content
        self._limits = limits
        self._now = now
        self._sleep = sleep
        self._all: list[_Shared] = []
        self._active: dict[str, _Shared] = {}
        """Those that somebody else may join: neither failed nor given up."""
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._fetching = 0
        self._keep = False
        content.drop_partials(older_than_seconds=ABANDONED_SECONDS)

    def want(self, digest: str, size: int, sources: Sequence[Source], listener: Listener) -> "Ticket":
        """A hold on the download of a blob, which begins or is under way. Raises InvalidParameter when another says
        that the blob has another size."""
        shared = self._active.get(digest)
        if shared is None:
            download = Download(
                self._content.partial(digest),
                size,
                attempts=self._limits().attempts,
                now=self._now,
                sleep=self._sleep,
            )
            shared = self._active[digest] = _Shared(download)
            self._all.append(shared)
        elif shared.download.size != size:
            raise InvalidParameter(f"blob {digest}: size {size} in one manifest, {shared.download.size} in another")
        shared.users += 1
        shared.download.sources.extend(source for source in sources if source not in shared.download.sources)
        shared.download.listeners.append(listener)
        listener.moved(shared.download.phase, shared.download.partial.size)
        if shared.task is None:
            shared.task = asyncio.ensure_future(self._run(shared.download))
        return Ticket(self, shared.download, listener)

    def digests(self) -> set[str]:
        """Digests of all blobs that somebody wants right now."""
        return {shared.download.digest for shared in self._all}

    def prune(self) -> int:
        """Remove what killed processes left and nobody goes on with; the bytes freed."""
        return self._content.drop_partials(but=self.digests())

    def keep_unfinished(self) -> None:
        """The daemon ends: what is cancelled from now on stays on disk for the next one."""
        self._keep = True

    async def release(self, download: Download, listener: Listener) -> None:
        """Gives a ticket back; see Ticket.release."""
        shared = next((one for one in self._all if one.download is download), None)
        if listener in download.listeners:
            download.listeners.remove(listener)
        if shared is None:
            return
        shared.users -= 1
        if shared.users:
            return
        self._all.remove(shared)
        self._retire(download)
        if shared.task is not None:
            shared.task.cancel()
            await asyncio.wait([shared.task])
        download.partial.close()

    async def _run(self, download: Download) -> None:
        try:
            await self._slot()
        except asyncio.CancelledError:
            download.fail(_canceled())
            raise
        try:
            await download.run()
        finally:
            if download.phase is Phase.FAILED:
                self._retire(download)
            self._fetching -= 1
            self._admit()

    def _retire(self, download: Download) -> None:
        """Whoever wants this blob from now on begins anew."""
        shared = self._active.get(download.digest)
        if shared is not None and shared.download is download:
            del self._active[download.digest]
            if not self._keep:
                download.partial.unlink()

    async def _slot(self) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        self._admit()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._fetching -= 1
                self._admit()
            raise

    def _admit(self) -> None:
        limit = self._limits().at_once
        while self._waiting and (limit == 0 or self._fetching < limit):
            turn = self._waiting.popleft()
            if not turn.done():
                self._fetching += 1
                turn.set_result(None)


class Ticket:
    """One user's hold on a download: a KeepableBlob that can be unpacked while it arrives."""

    def __init__(self, downloads: Downloads, download: Download, listener: Listener) -> None:
        self._downloads = downloads
        self._download = download
        self._listener = listener
        self._wanted = True
        self.digest = download.digest
        self.size = download.size
        self.descriptor = download.partial.descriptor
        self.on_read: Callable[[int], None] | None = None
        """Told how far the blob has been read, by the thread that reads it."""

    @property
    def is_whole(self) -> bool:
        """See LayerBlob."""
        return self._download.phase is Phase.DONE

    def arrived(self, position: int) -> int:
        """See LayerBlob."""
        if self.on_read is not None:
            self.on_read(position)
        return self._download.arrived(position, lambda: self._wanted)

    def commit(self, expected_digest: str | None = None, expected_size: int | None = None) -> Blob:
        """See BlobWriter. The blob must have arrived."""
        if expected_digest not in (None, self.digest) or expected_size not in (None, self.size):
            raise InvalidParameter(f"unexpected commit digest {self.digest}, expected {expected_digest}")
        return self._download.partial.keep()

    def abandon(self) -> None:
        """See LayerBlob."""
        self._wanted = False
        self._download.wake()

    async def release(self) -> None:
        """Ends this user's interest; with the last one's the download ends. No thread may be reading any more."""
        await self._downloads.release(self._download, self._listener)

    @property
    def error(self) -> DockyardError | None:
        """What the download failed with."""
        return self._download.error


class _Shared:
    """A download and how many want it."""

    def __init__(self, download: Download) -> None:
        self.download = download
        self.users = 0
        self.task: asyncio.Task[None] | None = None


def _canceled() -> DockyardError:
    return SystemFailure("context canceled")
