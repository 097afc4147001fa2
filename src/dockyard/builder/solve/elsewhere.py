"""The contracts with caches that lie somewhere else: at a registry, in a folder of the client, in an image.

A solver asks them for what its own cache doesn't know, and tells whoever writes one what it has come to.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from dockyard.builder.graph import Vertex
from dockyard.store.layers.leases import Lease


@dataclass(frozen=True, slots=True)
class Found:
    """A layer that came from a cache elsewhere, and is here now: its chain, and when it was made."""

    chain_id: str
    created_ns: int


class Remote(Protocol):
    """Caches elsewhere."""

    async def find(self, key: str, vertex: Vertex, lease: Lease) -> Found | None:
        """What one of them has for `key`, fetched and held by `lease`; None when none has it, or it can't be had."""


@dataclass(frozen=True, slots=True)
class Trace:
    """One vertex was solved: its key, those of the inputs that have one, and the layers that it came to."""

    key: str
    vertex: Vertex
    inputs: tuple[str, ...]
    chain_id: str | None


Trail = Callable[[Trace], None]
"""Told of every vertex whose result can be kept."""
