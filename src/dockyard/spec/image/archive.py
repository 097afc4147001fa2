"""manifest.json of `docker save`: which files of the archive make up which image.

Docker's image specification v1.2, "Combined Image JSON + Filesystem Changeset Format".
"""

from typing import Any, NamedTuple

from dockyard.errors import InvalidParameter
from dockyard.spec.image.fields import Json, expect_object, strings, text


class ArchiveItem(NamedTuple):
    """One image: paths of its configuration and layers inside the archive, and the names that it had."""

    config: str
    repo_tags: tuple[str, ...]
    layers: tuple[str, ...]
    parent: str = ""

    def to_json(self) -> Json:
        """The JSON object, as Docker writes it: RepoTags is null when there are none."""
        obj: Json = {"Config": self.config, "RepoTags": list(self.repo_tags) or None, "Layers": list(self.layers)}
        return obj | ({"Parent": self.parent} if self.parent else {})


def items_from_json(value: Any) -> tuple[ArchiveItem, ...]:
    """All items. Raises InvalidParameter naming the field; the message for null is Docker's."""
    if value is None:
        raise InvalidParameter("invalid manifest, manifest cannot be null (but can be [])")
    if not isinstance(value, list):
        raise InvalidParameter("invalid archive: failed to decode manifest.json: expected a list")
    return tuple(_item(expect_object(item, f"manifest.json[{index}]")) for index, item in enumerate(value))


def items_to_json(items: tuple[ArchiveItem, ...]) -> list[Json]:
    """The JSON list."""
    return [item.to_json() for item in items]


def _item(obj: Json) -> ArchiveItem:
    return ArchiveItem(text(obj, "Config"), strings(obj, "RepoTags"), strings(obj, "Layers"), text(obj, "Parent"))
