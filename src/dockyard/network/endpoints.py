"""The living endpoints of an engine, by network and by sandbox, and whoever wants to hear of changes.

The controller puts in what `attach` gave out, and what earlier daemons did; the resolver reads names and addresses.
Readers get tuples of frozen values, which they may keep.
"""

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from dockyard.network.attachment import Attachment


@dataclass(frozen=True, slots=True)
class Change:
    """What happened to an endpoint: it came (`before` is None), went (`after` is None), or has other names now."""

    before: Attachment | None
    after: Attachment | None

    @property
    def endpoint(self) -> Attachment:
        """The endpoint as it is, or as it was if it is gone."""
        endpoint = self.after or self.before
        assert endpoint is not None, "a change has a side"
        return endpoint


Listener = Callable[[Change], None]


class Endpoints:
    """For several threads. Listeners are called in the thread that makes the change: they must be quick."""

    def __init__(self) -> None:
        """Empty."""
        self._lock = threading.Lock()
        self._by_id: dict[str, Attachment] = {}
        self._by_network: dict[str, dict[str, Attachment]] = {}
        self._by_sandbox: dict[str, dict[str, Attachment]] = {}
        self._listeners: list[Listener] = []

    def put(self, endpoint: Attachment) -> None:
        """Add an endpoint, or replace what is known of it."""
        with self._lock:
            before = self._by_id.get(endpoint.endpoint_id)
            self._by_id[endpoint.endpoint_id] = endpoint
            for index, key in self._places(endpoint):
                index.setdefault(key, {})[endpoint.endpoint_id] = endpoint
        self._tell(Change(before, endpoint))

    def discard(self, endpoint_id: str) -> Attachment | None:
        """Remove an endpoint and return it; None if it isn't known."""
        with self._lock:
            before = self._by_id.pop(endpoint_id, None)
            if before is None:
                return None
            for index, key in self._places(before):
                of_key = index[key]
                del of_key[endpoint_id]
                if not of_key:
                    del index[key]
        self._tell(Change(before, None))
        return before

    def get(self, endpoint_id: str) -> Attachment | None:
        """The endpoint with this id."""
        return self._by_id.get(endpoint_id)

    def all(self) -> tuple[Attachment, ...]:
        """Every endpoint, in the order of coming."""
        with self._lock:
            return tuple(self._by_id.values())

    def of_network(self, network_id: str) -> tuple[Attachment, ...]:
        """The endpoints in a network, in the order of coming."""
        with self._lock:
            return tuple(self._by_network.get(network_id, {}).values())

    def of_sandbox(self, sandbox_id: str) -> tuple[Attachment, ...]:
        """The endpoints of a container."""
        with self._lock:
            return tuple(self._by_sandbox.get(sandbox_id, {}).values())

    def sandboxes(self) -> Iterable[str]:
        """The sandboxes that have endpoints."""
        with self._lock:
            return tuple(self._by_sandbox)

    def subscribe(self, listener: Listener) -> None:
        """Call `listener` after every change from now on; it may read, and must not wait for the controller."""
        self._listeners.append(listener)

    def _places(self, endpoint: Attachment) -> tuple[tuple[dict[str, dict[str, Attachment]], str], ...]:
        return (self._by_network, endpoint.network_id), (self._by_sandbox, endpoint.sandbox_id)

    def _tell(self, change: Change) -> None:
        for listener in tuple(self._listeners):
            listener(change)
