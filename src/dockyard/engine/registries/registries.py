"""All that the engine does with registries.

The client is made at the first use: a daemon that never pulls doesn't load it.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from dockyard import __version__
from dockyard.engine.config import DaemonConfig
from dockyard.engine.events import Events
from dockyard.engine.in_thread import run_in_own_thread
from dockyard.engine.open_store import Store
from dockyard.engine.timestamps import rfc3339
from dockyard.spec.image.descriptor import Platform
from dockyard.store.distribution.reference import DEFAULT_DOMAIN, LEGACY_DOMAIN, Reference

if TYPE_CHECKING:
    from dockyard.engine.registries.for_builds import BuildTransfers
    from dockyard.store.distribution.events import Tell, TransferEvent
    from dockyard.store.distribution.registry.client import RegistryClient
    from dockyard.store.distribution.registry.credentials import Credentials
    from dockyard.store.distribution.registry.hosts import Host
    from dockyard.store.distribution.registry.search_result import SearchResult
    from dockyard.store.pull.downloads import Downloads
    from dockyard.store.pull.look import Looked
    from dockyard.store.pull.pull import Puller, PullRequest
    from dockyard.store.push.push import Pusher, PushRequest

HUB = "registry-1.docker.io"


def registry_of(server: str) -> str:
    """The registry that a login is for: `https://index.docker.io/v1/` and nothing are Docker Hub."""
    place = server.partition("://")[2] if "://" in server else server
    name = place.partition("/")[0]
    return DEFAULT_DOMAIN if name in ("", LEGACY_DOMAIN, HUB) else name


@dataclass(frozen=True, slots=True)
class _Parts:
    """What a use of registries needs."""

    client: "RegistryClient"
    downloads: "Downloads"
    puller: "Puller"
    pusher: "Pusher"


class Registries:
    """The registries that one engine speaks to. `daemon` gives the configuration in force."""

    def __init__(
        self,
        store: Store,
        events: Events,
        platform: Platform,
        daemon: Callable[[], DaemonConfig],
        clock_ns: Callable[[], int],
    ) -> None:
        self._store = store
        self._events = events
        self._platform = platform
        self._daemon = daemon
        self._clock_ns = clock_ns
        self._made: _Parts | None = None
        self._transfers: set[asyncio.Task[None]] = set()

    async def pull(
        self,
        reference: Reference,
        platform: Platform | None,
        credentials: "Credentials",
        *,
        referrers: bool | None = None,
    ) -> "AsyncGenerator[TransferEvent, None]":
        """Pulls an image (all tags of a repository, when `reference` has neither tag nor digest) and tells how it goes.

        `referrers`: also signatures and the like that refer to it; None is as the daemon is configured. Who stops
        reading ends the pull. Raises NotFound, InvalidParameter, SystemFailure in Docker's words.
        """
        from dockyard.store.pull.pull import PullRequest

        wanted = self._daemon().pull_referrers if referrers is None else referrers
        request = PullRequest(reference, platform, credentials, wanted)
        async for event in self._told(lambda tell: self._pull(request, tell)):
            yield event

    async def push(
        self, reference: Reference, platform: Platform | None, credentials: "Credentials"
    ) -> "AsyncGenerator[TransferEvent, None]":
        """Pushes a tag, or all tags of a repository when `reference` has none. Errors and reading as for `pull`."""
        from dockyard.store.push.push import PushRequest

        request = PushRequest(reference, platform, credentials)
        async for event in self._told(lambda tell: self._push(request, tell)):
            yield event

    def for_builds(self) -> "BuildTransfers":
        """What builds send and fetch without naming it here."""
        from dockyard.engine.registries.for_builds import BuildTransfers

        parts = self._parts()
        return BuildTransfers(self._store, parts.client, parts.downloads, self._daemon, self._now)

    async def _told(self, work: "Callable[[Tell], Coroutine[Any, Any, None]]") -> "AsyncGenerator[TransferEvent, None]":
        """What `work` tells while it runs; it ends with who reads this."""
        from dockyard.engine.registries.feed import Feed

        feed = Feed()
        task = asyncio.ensure_future(work(feed.tell))
        self._transfers.add(task)
        task.add_done_callback(self._transfers.discard)
        task.add_done_callback(feed.end)
        try:
            async for event in feed:
                yield event
            await task
        finally:
            if not task.done():
                task.cancel()
            await asyncio.wait([task])

    async def login(self, server: str, credentials: "Credentials") -> str:
        """Tries credentials at the registry `server` (a name or a URL; empty is Docker Hub); its refresh token, if any.

        Raises Unauthorized when they are wrong.
        """
        from dockyard.store.distribution.registry.login import login

        client = self._parts().client
        return await login(client, await self._own_hosts(registry_of(server)), credentials)

    async def look(self, reference: Reference, credentials: "Credentials") -> "Looked":
        """What `reference` means at its registry, without pulling it."""
        from dockyard.store.pull.look import look_at_hosts

        client = self._parts().client
        return await look_at_hosts(client, reference.with_default_tag(), credentials)

    async def search(self, term: str, limit: int, credentials: "Credentials") -> "Sequence[SearchResult]":
        """What the index of a registry (Docker Hub's, unless `term` begins with another) finds."""
        from dockyard.store.distribution.registry.search import search, split_term

        domain, words = split_term(term)
        client = self._parts().client
        return await search(client, await self._own_hosts(domain), domain, words, limit, credentials)

    async def _own_hosts(self, domain: str) -> "list[Host]":
        return [host for host in await self._parts().client.hosts(domain) if host.own]

    def prune(self) -> int:
        """Removes beginnings of blobs that nobody goes on with; the bytes freed."""
        return self._store.content.drop_partials(but=self._made.downloads.digests() if self._made else ())

    async def close(self) -> None:
        """Ends what is under way; a daemon that is started again goes on with what has come so far."""
        if self._made is None:
            return
        self._made.downloads.keep_unfinished()
        for task in tuple(self._transfers):
            task.cancel()
        if self._transfers:
            await asyncio.wait(tuple(self._transfers))
        await self._made.client.close()

    async def _pull(self, request: "PullRequest", tell: "Tell") -> None:
        reference = request.reference
        await self._parts().puller.pull(request, tell)
        stored = self._store.images.find(str(reference)) if reference.tag or reference.digest else None
        labels = stored.image.config.labels if stored else {}
        self._events.publish("image", "pull", reference.familiar, {**labels, "name": reference.familiar_name})

    async def _push(self, request: "PushRequest", tell: "Tell") -> None:
        reference = request.reference
        await self._parts().pusher.push(request, tell)
        stored = self._store.images.find(str(reference)) if reference.tag else None
        labels = stored.image.config.labels if stored else {}
        self._events.publish("image", "push", reference.familiar, {**labels, "name": reference.familiar_name})

    def _parts(self) -> _Parts:
        if self._made is None:
            self._made = self._make()
        return self._made

    def _make(self) -> _Parts:
        from dockyard.engine.registries.configuration import proxies, remembered
        from dockyard.store.distribution.registry.client import RegistryClient
        from dockyard.store.pull.downloads import Downloads, Limits
        from dockyard.store.pull.pull import Puller
        from dockyard.store.push.push import Pusher
        from dockyard.store.push.tools import UploadLimits

        daemon = self._daemon
        client = RegistryClient(
            remembered(daemon),
            lambda: proxies(daemon()),
            user_agent=f"dockyard/{__version__}",
            seconds=asyncio.get_running_loop().time,
            now=self._now,
        )
        downloads = Downloads(
            self._store.content,
            lambda: Limits(daemon().max_concurrent_downloads, daemon().max_download_attempts),
            now=self._now,
        )
        puller = Puller(
            self._store.images,
            client,
            downloads,
            machine=self._platform,
            run=run_in_own_thread,
            now=lambda: rfc3339(self._clock_ns()),
        )
        pusher = Pusher(
            self._store.images,
            self._store.content,
            client,
            lambda: UploadLimits(daemon().max_concurrent_uploads),
            run=run_in_own_thread,
            now=self._now,
        )
        return _Parts(client, downloads, puller, pusher)

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock_ns() / 1e9, UTC)
