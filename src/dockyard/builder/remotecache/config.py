"""The configuration of a cache: layers with the layer below each, records with the layers that a key gave.

    {"layers": [{"blob": "sha256:…", "parent": -1}, {"blob": "sha256:…", "parent": 0}],
     "records": [{"digest": "sha256:…", "layers": [{"layer": 1, "createdAt": "…"}], "inputs": [[{"link": 0}]]}]}

A record's layer is meant with all below it; `chains` list layers one by one instead. What a hostile one can do is give
a wrong layer for a key, as every cache can: it is asked only because the user named it. It can't make us loop.
"""

from dataclasses import dataclass, field
from typing import Any, Final

from dockyard.errors import InvalidParameter
from dockyard.spec.image.fields import Json, expect_object, integer, items, text

CACHE_CONFIG: Final = "application/vnd.buildkit.cacheconfig.v0"
LIMIT_BYTES: Final = 1 << 20
"""BuildKit reads no larger configurations."""
NO_PARENT: Final = -1
_DEEPEST: Final = 1024


@dataclass(frozen=True, slots=True)
class CacheLayer:
    """A blob, and the place of the layer below it, -1 for none."""

    blob: str
    parent: int = NO_PARENT


@dataclass(frozen=True, slots=True)
class CacheRecord:
    """What the key `digest` gave: each result a list of places of layers, lowest first, and when it was made (RFC
    3339). `inputs`: for each input, places of records that it may have been."""

    digest: str
    results: tuple[tuple[tuple[int, ...], str], ...] = ()
    inputs: tuple[tuple[int, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class CacheConfig:
    """All of a cache."""

    layers: tuple[CacheLayer, ...] = ()
    records: tuple[CacheRecord, ...] = field(default=())

    def to_json(self) -> Json:
        """As it is exported: each result by its uppermost layer."""
        return {
            "layers": [{"blob": layer.blob, "parent": layer.parent} for layer in self.layers],
            "records": records_to_json(self.records),
        }


def records_to_json(records: tuple[CacheRecord, ...]) -> list[Json]:
    """Records alone: what stands in the configuration of an image."""
    told = []
    for record in records:
        one: Json = {}
        if record.results:
            one["layers"] = [{"layer": places[-1], "createdAt": created} for places, created in record.results]
        one["digest"] = record.digest
        if record.inputs:
            one["inputs"] = [[{"link": place} for place in places] for places in record.inputs]
        told.append(one)
    return told


def config_from_json(value: Any) -> CacheConfig:
    """A whole configuration. Raises InvalidParameter for what isn't one."""
    obj = expect_object(value, "cache config")
    layers = items(obj, "layers", _layer)
    return CacheConfig(layers, records_from_json(obj.get("records") or [], layers))


def records_from_json(value: Any, layers: tuple[CacheLayer, ...]) -> tuple[CacheRecord, ...]:
    """Records on these layers."""
    if not isinstance(value, list):
        raise InvalidParameter("cache config: records: expected a list")
    return tuple(_record(expect_object(one, f"records[{place}]"), layers) for place, one in enumerate(value))


def below(layers: tuple[CacheLayer, ...], place: int) -> tuple[int, ...]:
    """The layer at `place` with all below it, lowest first. Raises InvalidParameter for circles and bad places."""
    found: list[int] = []
    while place != NO_PARENT:
        if not 0 <= place < len(layers):
            raise InvalidParameter(f"invalid layer index {place}")
        if len(found) > _DEEPEST or place in found:
            raise InvalidParameter("invalid looping layer")
        found.append(place)
        place = layers[place].parent
    return tuple(reversed(found))


def _layer(obj: Json) -> CacheLayer:
    return CacheLayer(text(obj, "blob", "layers."), integer(obj, "parent", "layers."))


def _record(obj: Json, layers: tuple[CacheLayer, ...]) -> CacheRecord:
    results: list[tuple[tuple[int, ...], str]] = []
    for created, place in items(obj, "layers", lambda one: (text(one, "createdAt"), integer(one, "layer"))):
        results.append((below(layers, place), created))
    for created, places in items(obj, "chains", lambda one: (text(one, "createdAt"), _places(one.get("layers")))):
        if not all(0 <= place < len(layers) for place in places):
            raise InvalidParameter("invalid layer index in a chain")
        results.append((places, created))
    return CacheRecord(text(obj, "digest", "records."), tuple(one for one in results if one[0]))


def _places(value: Any) -> tuple[int, ...]:
    if not isinstance(value, list) or not all(isinstance(one, int) for one in value) or len(value) > _DEEPEST:
        raise InvalidParameter("cache config: chains: expected lists of numbers")
    return tuple(value)
