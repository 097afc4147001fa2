"""A prune of one noun (containers, images, volumes): one at a time, and an event at its end that tells the bytes.

Which things go is planned by functions of the nouns' own; what they share is the filters `label`, `label!` and `until`.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from dockyard.engine.events import Events
from dockyard.engine.filter_values import Filters, has_labels
from dockyard.errors import Conflict


class Tally:
    """Bytes that a prune has freed up to now."""

    def __init__(self) -> None:
        self.freed_bytes = 0


class Pruning:
    """The prunes of one noun; `type_` is that of its events."""

    def __init__(self, events: Events, type_: str) -> None:
        self._events = events
        self._type = type_
        self._running = False

    @contextmanager
    def run(self) -> Iterator[Tally]:
        """The work of one; Conflict, in Docker's words, while there is another."""
        if self._running:
            raise Conflict("a prune operation is already running")
        self._running = True
        tally = Tally()
        try:
            yield tally
        finally:
            self._running = False
        self._events.publish(self._type, "prune", "", {"reclaimed": str(tally.freed_bytes)})


def passes_labels(labels: Mapping[str, str], filters: Filters) -> bool:
    """Whether `label` (all of them) and `label!` (not all of them) hold for what has `labels`."""
    if not has_labels(labels, filters.get("label", ())):
        return False
    unwanted = filters.get("label!", ())
    return not unwanted or not has_labels(labels, unwanted)
