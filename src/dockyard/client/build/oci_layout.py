"""The index of a folder in OCI's image layout: which digest a tag means.

https://github.com/opencontainers/image-spec/blob/v1.1.0/image-layout.md
"""

import fcntl
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from dockyard.errors import SystemFailure

_NAME, _TAG = "io.containerd.image.name", "org.opencontainers.image.ref.name"
_INDEX = "application/vnd.oci.image.index.v1+json"


def digest_of(folder: str, tag: str, *, alone: bool = False) -> str:
    """The digest of what has the name or tag `tag`; with `alone` also of an only image without it. Empty when none is.

    Raises SystemFailure for an index that can't be read.
    """
    found = _read(folder).get("manifests") or []
    for key in (_NAME, _TAG):
        for one in found:
            if (one.get("annotations") or {}).get(key) == tag:
                return str(one.get("digest", ""))
    return str(found[0].get("digest", "")) if alone and len(found) == 1 else ""


def name(folder: str, descriptor: Mapping[str, Any], *, tags: Sequence[str] = (), names: Sequence[str] = ()) -> None:
    """Gives what `descriptor` describes tags, or whole names with tags, in the index; it takes them from others.

    Raises SystemFailure. Processes that do this at the same time wait for each other.
    """
    annotations = [{_TAG: tag} for tag in tags]
    annotations += [{_NAME: one, _TAG: one.rpartition(":")[2]} for one in names]
    try:
        with _locked(folder):
            index = _read(folder) if os.path.exists(f"{folder}/index.json") else {}
            taken = [set(one.items()) for one in annotations]
            kept = [
                one
                for one in index.get("manifests") or []
                if not any(names <= set((one.get("annotations") or {}).items()) for names in taken)
            ]
            added = [
                {**descriptor, "annotations": {**(descriptor.get("annotations") or {}), **one}} for one in annotations
            ]
            _write(folder, "oci-layout", {"imageLayoutVersion": "1.0.0"})
            _write(
                folder,
                "index.json",
                {"schemaVersion": 2, "mediaType": _INDEX, **index, "manifests": [*kept, *added]},
            )
    except OSError as error:
        raise SystemFailure(f"could not write the index of {folder}: {error.strerror or error}") from error


def _read(folder: str) -> dict[str, Any]:
    try:
        with open(f"{folder}/index.json", encoding="utf-8") as file:
            index = json.load(file)
    except (OSError, ValueError, RecursionError) as error:
        raise SystemFailure(f"could not read {folder}/index.json: {error}") from error
    entries = index.get("manifests") if isinstance(index, dict) else 0
    if not isinstance(entries, list | None) or not all(isinstance(one, dict) for one in entries or ()):
        raise SystemFailure(f"could not read {folder}/index.json: it is no index")
    found: dict[str, Any] = index
    return found


@contextmanager
def _locked(folder: str) -> Iterator[None]:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _write(folder: str, file_name: str, value: Mapping[str, Any]) -> None:
    beside = f"{folder}/{file_name}.{os.getpid()}"
    with open(beside, "w", encoding="utf-8") as file:
        json.dump(value, file)
    os.rename(beside, f"{folder}/{file_name}")
