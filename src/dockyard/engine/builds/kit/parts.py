"""What one build of BuildKit's API works with, from its beginning to its end."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass

from dockyard.builder.cache.mounts import CacheMounts
from dockyard.builder.export.contract import Ref
from dockyard.builder.session.session import Session
from dockyard.engine.builds.kit.caches import JobCaches
from dockyard.engine.builds.kit.progress import Progress
from dockyard.engine.builds.kit.uploads import Offered
from dockyard.engine.builds.parts import Parts
from dockyard.store.layers.leases import Lease


@dataclass(frozen=True, slots=True)
class JobParts:
    """`stack` is left when the build is over; `lease` holds its layers until then. `entitlements`: what the client
    allows. `input_ref`: what another build of a client came to, by the id that it was given. `body`: the context, when
    it is a request's body."""

    builds: Parts
    id: str
    session: Session
    progress: Progress
    kept: CacheMounts
    scratch: str
    lease: Lease
    stack: AsyncExitStack
    entitlements: frozenset[str]
    caches: JobCaches
    input_ref: Callable[[str], "Ref | None"]
    body: "Iterator[bytes] | Awaitable[Offered] | None" = None
