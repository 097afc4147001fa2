"""`docker container prune`: what goes (Engine API: POST /containers/prune, filters)."""

from collections.abc import Iterable

from dockyard.engine.containers.record import Container
from dockyard.engine.containers.state import Status
from dockyard.engine.filter_values import Filters, check_keys
from dockyard.engine.moments import parse_until
from dockyard.engine.prune import passes_labels

KNOWN = frozenset({"label", "label!", "until"})


def prunable(containers: Iterable[Container], filters: Filters, now_ns: int) -> list[Container]:
    """Those of `containers` that don't run and pass `filters`. InvalidParameter for filters that don't exist."""
    check_keys(filters, KNOWN)
    until_ns = parse_until(filters, now_ns)
    return [
        one
        for one in containers
        if not one.state.running
        and one.state.status != Status.RESTARTING
        and (until_ns is None or one.created_at_ns <= until_ns)
        and passes_labels(one.config.labels or {}, filters)
    ]
