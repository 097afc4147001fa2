"""Entitlements: what a step may do beyond the sandbox must be allowed by the client (`--allow`) and by this daemon."""

from collections.abc import Iterable

from dockyard.builder.graph import Run, Vertex
from dockyard.errors import Forbidden, InvalidParameter

HOST_NETWORK = "network.host"
INSECURE = "security.insecure"
DEVICE = "device"
DAEMON_ALLOWS = frozenset((HOST_NETWORK, DEVICE))
"""As in Docker: insecure steps need a daemon that says so."""


def parse_entitlements(given: Iterable[str]) -> frozenset[str]:
    """What a client asks to be allowed. Raises InvalidParameter, and Forbidden for what this daemon never allows."""
    found = set()
    for one in given:
        name = one.partition("=")[0]
        if name not in (HOST_NETWORK, INSECURE, DEVICE):
            raise InvalidParameter(f"unknown entitlement {one}")
        if name not in DAEMON_ALLOWS:
            raise Forbidden(f"granting entitlement {name} is not allowed by build daemon configuration")
        found.add(name)
    return frozenset(found)


def check(results: Iterable[Vertex], allowed: frozenset[str]) -> None:
    """Raises Forbidden for a step that does more than is allowed."""
    seen: set[str] = set()
    pending = list(results)
    while pending:
        vertex = pending.pop()
        if vertex.digest in seen:
            continue
        seen.add(vertex.digest)
        pending += vertex.inputs
        if isinstance(vertex.operation, Run):
            if vertex.operation.network == "host" and HOST_NETWORK not in allowed:
                raise Forbidden(f"{HOST_NETWORK} is not allowed")
            if vertex.operation.insecure and INSECURE not in allowed:
                raise Forbidden(f"{INSECURE} is not allowed")
