"""Restarting containers whose health check fails: what Docker's users do with a second container that watches.

Asked for by the label `dockyard.restart-unhealthy=true`, or for all containers with `"restart-unhealthy": true` in
daemon.json, which the label `=false` then turns off. It counts with any restart policy, also with none: such a
container is ended with its stop signal, as by `docker stop`, and starts again with the back-off of restart policies.
"""

from collections.abc import Mapping

from dockyard.engine.containers.ending import SentSignal
from dockyard.engine.containers.health import Verdict
from dockyard.errors import InvalidParameter

LABEL = "dockyard.restart-unhealthy"

UNHEALTHY = "unhealthy"
"""The action of a sender that ends a container because its health check failed."""

_TRUE, _FALSE = ("1", "t", "true", "yes", "on"), ("", "0", "f", "false", "no", "off")


def check_label(labels: Mapping[str, str] | None) -> None:
    """InvalidParameter for a value of the label that says neither yes nor no."""
    value = (labels or {}).get(LABEL, "")
    if value.lower() not in _TRUE + _FALSE:
        raise InvalidParameter(f"invalid label {LABEL}: {value}: must be true or false")


def is_wanted(labels: Mapping[str, str] | None, *, by_default: bool) -> bool:
    """Whether a container with these labels is restarted when it is unhealthy."""
    if LABEL not in (labels or {}):
        return by_default
    return (labels or {})[LABEL].lower() in _TRUE


def must_end(*, wanted: bool, before: Verdict | None, after: Verdict, stop_requested: bool) -> bool:
    """Whether a new verdict ends the container: at the change to unhealthy, unless somebody is ending it already."""
    return wanted and after == "unhealthy" and before != "unhealthy" and not stop_requested


def ended_so(signals: tuple[SentSignal, ...]) -> bool:
    """Whether the last signal to a run was for its health: then it is to start again.

    The last word counts: who stops a container that is being ended for its health wants it to stay so.
    """
    return bool(signals) and signals[-1].by.action == UNHEALTHY
