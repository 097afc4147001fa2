"""What the resolver has to know, made from the living endpoints; the daemon's side of it.

Endpoints with names (`Attachment.dns_names`) are members of their network, and their sandbox is served. What only the
engine knows of a container, its servers and extra hosts, comes by `settle` before its first endpoint does.
"""

import logging
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from dockyard.errors import DockyardError
from dockyard.network.attachment import Attachment
from dockyard.network.companion import messages
from dockyard.network.companion.client import CompanionClient, Give
from dockyard.network.endpoints import Change, Endpoints
from dockyard.network.resolver.values import Member, Place, Server, View

_log: Final = logging.getLogger(__name__)

_SHORT_ID: Final = 12
_ID: Final = 64


@dataclass(frozen=True, slots=True)
class Settings:
    """What a container's user decides about its names.

    Attributes:
        servers: to forward to, in order of preference.
        hosts: extra names with addresses.
        ndots_set: whether the option `ndots` was set above 0.
    """

    servers: tuple[Server, ...] = ()
    hosts: tuple[tuple[str, str], ...] = ()
    ndots_set: bool = False


class Directory:
    """Keeps the resolver's knowledge like the endpoints. For several threads."""

    def __init__(self, companion: CompanionClient, endpoints: Endpoints, namespace_path: Callable[[str], str]) -> None:
        """Nothing is told before `start`.

        Args:
            companion: who serves the names.
            endpoints: the living ones.
            namespace_path: where a sandbox of that id is pinned.
        """
        self._endpoints = endpoints
        self._namespace_path = namespace_path
        self._companion = companion
        self._lock = threading.Lock()
        self._settings: dict[str, Settings] = {}
        self._served: set[str] = set()

    def settle(self, sandbox: str, settings: Settings) -> None:
        """What is valid for a sandbox from now on."""
        with self._lock:
            before = self._settings.get(sandbox)
            self._settings[sandbox] = settings
            is_served = sandbox in self._served
        if is_served and before != settings:
            self._order(messages.Serve(self._view(sandbox)), sandbox)

    def expect(self, network: str, name: str) -> None:
        """Containers will come into a new network: have a companion that is ready for them. Doesn't wait."""

        def prepare() -> None:
            if self._companion.is_connected:
                self._order(messages.NameNetwork(network, name))

        self._companion.connect_soon(prepare)

    def forget(self, sandbox: str) -> None:
        """A sandbox is about to go; a repeat does nothing."""
        with self._lock:
            self._settings.pop(sandbox, None)
            is_served = sandbox in self._served
            self._served.discard(sandbox)
        if is_served:
            self._order(messages.Abandon(sandbox))

    @property
    def is_needed(self) -> bool:
        """Whether any sandbox is served."""
        return bool(self._served)

    def start(self) -> None:
        """To be called when all endpoints of living containers are known: from now on the companion hears of changes.

        Not before, because what it isn't told when it is connected it forgets.
        """
        with self._lock:
            self._served |= {endpoint.sandbox_id for endpoint in self._endpoints.all() if endpoint.dns_names}
        self._endpoints.subscribe(self._changed)

    def tell(self, give: Give) -> None:
        """Tell a companion that has just been connected everything. What it can't be told is missing, and logged.

        Raises:
            OSError: it is gone again.
        """
        for endpoint in self._endpoints.all():
            if endpoint.dns_names:
                with _logged():
                    give(messages.NameNetwork(endpoint.network_id, endpoint.network), None)
                with _logged():
                    give(messages.Join(endpoint.network_id, member_of(endpoint)), None)
        for sandbox in sorted(self._served):
            try:
                namespace = self._open(sandbox)
            except OSError:  # it is going just now
                continue
            with _logged():
                give(messages.Serve(self._view(sandbox)), namespace)

    def _changed(self, change: Change) -> None:
        before, after = change.before, change.after
        endpoint = change.endpoint
        if after is not None and after.dns_names:
            with self._lock:
                self._served.add(endpoint.sandbox_id)
            self._order(messages.NameNetwork(after.network_id, after.network))
            self._order(messages.Join(after.network_id, member_of(after)))
        elif before is not None and before.dns_names:
            self._order(messages.Leave(before.network_id, before.endpoint_id))
        if endpoint.sandbox_id in self._served:
            self._order(messages.Serve(self._view(endpoint.sandbox_id)), endpoint.sandbox_id)

    def _view(self, sandbox: str) -> View:
        return view_of(sandbox, self._endpoints.of_sandbox(sandbox), self._settings.get(sandbox, Settings()))

    def _open(self, sandbox: str) -> int:
        return os.open(self._namespace_path(sandbox), os.O_RDONLY | os.O_CLOEXEC)

    def _order(self, order: messages.Order, sandbox: str | None = None) -> None:
        try:
            descriptor = None if sandbox is None else self._open(sandbox)
        except OSError as error:
            _log.warning("names for sandbox %s: %s", sandbox, error)
            return
        with _logged():
            self._companion.order(order, descriptor)


@contextmanager
def _logged() -> Iterator[None]:
    """As with Docker, a container whose names can't be served runs all the same, and the log says so."""
    try:
        yield
    except DockyardError as error:
        _log.warning("names in containers: %s", error)


def member_of(endpoint: Attachment) -> Member:
    """An endpoint as others find it."""
    return Member(endpoint.endpoint_id, endpoint.container_name, endpoint.dns_names, endpoint.ipv4, endpoint.ipv6)


def view_of(sandbox: str, endpoints: Sequence[Attachment], settings: Settings) -> View:
    """What a sandbox with these endpoints may ask.

    Networks are searched as Docker does: those of higher priority first, then those with a way out, then by name.
    """
    named = [endpoint for endpoint in endpoints if endpoint.dns_names]
    named.sort(key=lambda endpoint: (-endpoint.gw_priority, endpoint.internal, endpoint.network))
    return View(
        sandbox,
        places=tuple(Place(endpoint.network_id, _links(endpoint.links)) for endpoint in named),
        servers=settings.servers,
        hosts=settings.hosts,
        forward=any(not endpoint.internal for endpoint in endpoints),
        ndots_set=settings.ndots_set,
    )


def _links(links: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """A container's full id isn't one of its names, but the short one is."""
    return tuple((alias, target[:_SHORT_ID] if len(target) == _ID else target) for alias, target in links)
