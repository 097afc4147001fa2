"""What all pushes of an engine work with."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from dockyard.store.content import ContentStore
from dockyard.store.distribution.registry.client import RegistryClient
from dockyard.store.images.store import ImageStore
from dockyard.store.threads import RunInThread


@dataclass(frozen=True, slots=True)
class UploadLimits:
    """How many layers at once (0 is without limit), and how often each is tried."""

    at_once: int = 5
    attempts: int = 5


@dataclass(frozen=True, slots=True)
class PushTools:
    """What a push works with. `run` starts threads, `now` is the time of day."""

    images: ImageStore
    content: ContentStore
    client: RegistryClient
    limits: UploadLimits
    run: RunInThread
    now: Callable[[], datetime]
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
