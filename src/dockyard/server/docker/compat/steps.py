"""The form that every table of differences has: "before version X, the document looked like so"."""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from dockyard.api.versions import Version

Document = dict[str, Any]


class Before(NamedTuple):
    """`change` turns a document of version `changed_in` into what older ones had; it may edit in place."""

    changed_in: Version
    change: Callable[[Document], None]


def apply(document: Document, version: Version, differences: Iterable[Before]) -> Document:
    """`document` after every difference that concerns `version`. The document must be the caller's own."""
    for changed_in, change in differences:
        if version < changed_in:
            change(document)
    return document


def drop(*keys: str) -> Callable[[Document], None]:
    """A change that takes keys away."""

    def change(document: Document) -> None:
        for key in keys:
            document.pop(key, None)

    return change
