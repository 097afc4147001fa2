"""What the classic API asks a build for."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dockyard.engine.containers.config import HostConfig
from dockyard.spec.image.descriptor import Platform
from dockyard.store.distribution.reference import Reference

if TYPE_CHECKING:
    from dockyard.store.distribution.registry.credentials import Credentials


@dataclass(frozen=True, slots=True)
class BuildRequest:
    """What the classic API asks for. `chunks`: the context as an archive, unless `remote` is a URL."""

    chunks: Iterator[bytes]
    remote: str = ""
    dockerfile: str = ""
    tags: tuple[Reference, ...] = ()
    arguments: Mapping[str, str | None] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    target: str = ""
    no_cache: bool = False
    pull: bool = False
    removes: bool = True
    force_removes: bool = False
    platform: Platform | None = None
    network: str = "default"
    cache_from: tuple[str, ...] = ()
    host: HostConfig = field(default_factory=HostConfig)
    credentials: "Callable[[Reference], Credentials] | None" = None
