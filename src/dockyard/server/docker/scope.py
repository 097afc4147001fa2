"""What a socket is good for, when it isn't good for everything: the part after the question mark of a `-H`.

    grammar   <address>?<limit>[&<limit>…]      limit: scope=read-only | scope=events | label=<key>[=<value>]
    good      unix:///run/ro.sock?scope=read-only        unix:///run/a.sock?label=team=a&scope=read-only
    bad       unix:///run/x.sock?                        unix:///run/x.sock?scope=admin

read-only: what GET and HEAD show; not attaching, nor what mounts something (a volume's export) or asks registries (the
search for images, `distribution`). events: the stream of events alone. label: the containers that have the label, what
can be done to them, and their events; nothing that makes containers or reaches the host. Every limit leaves `_ping` and
`version`, which clients begin with. Docker has no such thing (moby#38879 asks for it).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl

from dockyard.errors import InvalidParameter

READ_ONLY: Final = "read-only"
EVENTS: Final = "events"


@dataclass(frozen=True, slots=True)
class Scope:
    """The limits of a socket, all of which hold. `label` is `key` or `key=value`; "" is no limit to a label."""

    read_only: bool = False
    events_only: bool = False
    label: str = ""

    def covers(self, labels: Mapping[str, str]) -> bool:
        """Whether a container with `labels` may be seen."""
        key, equals, value = self.label.partition("=")
        return not key or (key in labels and (not equals or labels[key] == value))

    def __str__(self) -> str:
        limits = [READ_ONLY] if self.read_only else []
        limits += [EVENTS] if self.events_only else []
        limits += [f"label {self.label}"] if self.label else []
        return ", ".join(limits)


def split_scope(address: str) -> tuple[str, Scope | None]:
    """An address without its scope, and the scope; None for a socket that is good for everything.

    Raises InvalidParameter for limits that don't exist, so that a misspelt one never opens a whole daemon.
    """
    place, mark, text = address.partition("?")
    if not mark:
        return place, None
    scope = Scope()
    for name, value in parse_qsl(text, keep_blank_values=True):
        match name, value:
            case "scope", "read-only":
                scope = Scope(True, scope.events_only, scope.label)
            case "scope", "events":
                scope = Scope(scope.read_only, True, scope.label)
            case "label", label if label.partition("=")[0] and not scope.label:
                scope = Scope(scope.read_only, scope.events_only, label)
            case _:
                raise InvalidParameter(f"invalid bind address ({address}): no such limit: {name}={value}")
    if scope == Scope():
        raise InvalidParameter(
            f"invalid bind address ({address}): scope=read-only, scope=events or label=<key>[=<value>] must follow '?'"
        )
    return place, scope
