"""A store and a puller in the test's own process, as the engine puts them together."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from dockyard.spec.image.platform import parse_platform
from dockyard.store.distribution.events import LayerProgress, Pushed, TransferEvent
from dockyard.store.distribution.reference import parse_reference
from dockyard.store.distribution.registry.client import RegistryClient
from dockyard.store.distribution.registry.credentials import ANONYMOUS, Credentials
from dockyard.store.distribution.registry.hosts import HostsConfig
from dockyard.store.distribution.registry.proxies import Proxies
from dockyard.store.pull.downloads import Downloads, Limits
from dockyard.store.pull.pull import Puller, PullRequest
from tests.support.stores import AMD64, Store, open_store


async def in_thread(work: Callable[..., Any], *arguments: object) -> Any:
    """A thread for `work`."""
    return await asyncio.to_thread(work, *arguments)


async def no_sleep(_: float) -> None:
    """Waiting that takes no time."""
    await asyncio.sleep(0)


@dataclass
class Pulling:
    """One puller. `slept` are the waits that were asked for."""

    root: Path
    config: HostsConfig = field(default_factory=HostsConfig)
    proxies: Proxies = field(default_factory=Proxies)
    limits: Limits = field(default_factory=Limits)
    keep_compressed: bool = True
    boot: str = ""
    store: Store = field(init=False)
    client: RegistryClient = field(init=False)
    downloads: Downloads = field(init=False)
    puller: Puller = field(init=False)
    events: list[TransferEvent] = field(default_factory=list)
    slept: list[float] = field(default_factory=list)

    async def __aenter__(self) -> Self:
        self.store = open_store(self.root, keep_compressed=self.keep_compressed, boot=self.boot)
        self.client = RegistryClient(
            lambda: self.config,
            lambda: self.proxies,
            user_agent="tests",
            seconds=asyncio.get_running_loop().time,
            now=lambda: datetime.now(UTC),
            sleep=self._sleep,
        )
        self.downloads = Downloads(
            self.store.content, lambda: self.limits, now=lambda: datetime.now(UTC), sleep=self._sleep
        )
        self.puller = Puller(
            self.store.images,
            self.client,
            self.downloads,
            machine=AMD64,
            run=in_thread,
            now=lambda: "2026-01-01T00:00:00Z",
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.client.close()
        self.store.database.close()

    def pull(
        self, name: str, *, platform: str = "", credentials: Credentials = ANONYMOUS, referrers: bool = False
    ) -> Awaitable[bool]:
        """Pull; its events are added to `events`."""
        wanted = parse_platform(platform) if platform else None
        reference = parse_reference(name)
        return self.puller.pull(PullRequest(reference, wanted, credentials, referrers), self.events.append)

    def lines(self) -> list[str]:
        """The events as a client without a terminal shows them."""
        return [
            f"{event.id}: {event.text}" if event.id else event.text
            for event in self.events
            if not isinstance(event, (LayerProgress, Pushed))
        ]

    def leftovers(self) -> set[str]:
        """Blobs, beginnings of blobs and layers on disk."""
        return {
            name
            for name in self.store.files()
            if name.startswith(("content/", "overlay2/")) and name.count("/") > 1 and not name.startswith("overlay2/l/")
        } - {"content/blobs/sha256"}

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await asyncio.sleep(0)
