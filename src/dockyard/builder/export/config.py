"""The configuration of an image that is exported: what the frontend wrote, with layers, history and times put in.

Layers that the history doesn't tell of are added to it; times that it leaves open are those of the layers, which come
from the cache with them: so that what was made once has the same digest for ever.

oci image-spec v1.1, config.md
"""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from dockyard.errors import InvalidParameter
from dockyard.spec.image.descriptor import Platform
from dockyard.spec.image.fields import Json, expect_object

DEFAULT_PATH: Final = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
INLINE_CACHE: Final = "moby.buildkit.cache.v0"
COMMENT: Final = "buildkit.exporter.image.v0"


@dataclass(frozen=True, slots=True)
class LayerNote:
    """What is known of a layer: when it was made (RFC 3339), and by what. Empty where that isn't known."""

    diff_id: str
    created: str = ""
    description: str = ""


def finished_config(
    config: bytes,
    platform: Platform,
    layers: Sequence[LayerNote],
    *,
    base_config: bytes = b"",
    epoch_seconds: int | None = None,
    cache: bytes | None = None,
) -> bytes:
    """The configuration's bytes. `cache`: for later builds, put in as it is. Raises InvalidParameter."""
    image = _parsed(config) if config else _default(platform)
    for key, words in (("os", "os"), ("architecture", "architecture")):
        if not image.get(key):
            raise InvalidParameter(f"invalid image config for export: missing {words}")
    history = _told(image.get("history") or [], layers)
    before = (_parsed(base_config).get("history") or []) if base_config else []
    if epoch_seconds is not None:
        _clamp(history, before, epoch_seconds)
    image["rootfs"] = {"type": "layers", "diff_ids": [layer.diff_id for layer in layers]}
    image["history"] = history
    image["created"] = _created(image, history, epoch_seconds)
    if cache is not None:
        image[INLINE_CACHE] = base64.b64encode(cache).decode()
    return json.dumps(dict(sorted(image.items())), separators=(",", ":"), ensure_ascii=False).encode()


def epoch_text(seconds: int) -> str:
    """Seconds since 1970 as RFC 3339 text."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _parsed(config: bytes) -> Json:
    try:
        image = expect_object(json.loads(config), "image configuration")
    except (ValueError, RecursionError) as error:
        raise InvalidParameter(f"invalid image config for export: {error}") from None
    history = image.get("history")
    if history is not None and not (isinstance(history, list) and all(isinstance(one, dict) for one in history)):
        raise InvalidParameter("failed to unmarshal history from config")
    return image


def _default(platform: Platform) -> Json:
    image: Json = {
        "architecture": platform.architecture,
        "os": platform.os,
        "config": {"Env": [DEFAULT_PATH], "WorkingDir": "/"},
    }
    return image | ({"variant": platform.variant} if platform.variant else {})


def _told(history: list[Json], layers: Sequence[LayerNote]) -> list[Json]:
    """The history with one entry for each layer, all with times."""
    steps: list[Json] = []
    count = 0
    for given in history:
        step = dict(given)
        if not step.get("empty_layer"):
            if count >= len(layers):
                step["empty_layer"] = True  # a layer that isn't there can't be told of
            else:
                if not step.get("created"):
                    step["created"] = layers[count].created
                count += 1
        steps.append(step)
    steps += [
        {"created": layer.created, "created_by": layer.description or "created by buildkit", "comment": COMMENT}
        for layer in layers[count:]
    ]
    _fill_times(steps)
    return [_ordered(step) for step in steps]


def _fill_times(steps: list[Json]) -> None:
    """Give steps without a time that of the layer before them; those in front of all new layers that of the first."""
    first, open_ = "", False
    for step in steps:
        if step.get("created"):
            first = step["created"]
            if open_:
                break
        else:
            open_ = True
    current, open_ = first, False
    for step in steps:
        if step.get("created"):
            if open_:
                current = step["created"]
        else:
            open_ = True
            step["created"] = current


def _ordered(step: Json) -> Json:
    order = ("created", "created_by", "author", "comment", "empty_layer")
    return {key: step[key] for key in order if step.get(key)}


def _clamp(history: list[Json], before: Sequence[Json], epoch_seconds: int) -> None:
    """No time later than the epoch, except in what came with the base image."""
    own = False
    for index, step in enumerate(history):
        own = own or index >= len(before) or step != _ordered(before[index])
        if own and (not step.get("created") or _seconds(step["created"]) > epoch_seconds):
            history[index] = _ordered({**step, "created": epoch_text(epoch_seconds)})


def _created(image: Json, history: Sequence[Json], epoch_seconds: int | None) -> Any:
    created = image.get("created")
    if created is None:
        times = [step["created"] for step in history if step.get("created")]
        return times[-1] if times else None
    if epoch_seconds is not None and _seconds(created) > epoch_seconds:
        return epoch_text(epoch_seconds)
    return created


def _seconds(text: Any) -> float:
    try:
        moment = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        raise InvalidParameter(f"failed to unmarshal creation time {text!r}") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
