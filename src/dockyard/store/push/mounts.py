"""From which repositories of the same registry a blob may be mounted: those that an image with it came from or went to.

oci distribution-spec v1.1, "Mounting a blob from another repository"
"""

import json

from dockyard.errors import DockyardError
from dockyard.store.distribution.reference import Reference
from dockyard.store.images.store import ImageStore

_TRIED = 3
"""More repositories than this aren't tried for a blob: each costs a round trip."""


def mount_sources(images: ImageStore, target: Reference, wanted: set[str]) -> dict[str, list[str]]:
    """Paths of repositories by the digest of each blob of `wanted` that one of them has."""
    found: dict[str, list[str]] = {}
    for image_id, names in images.references.all().items():
        paths = {one.path for one in names if one.digest and one.domain == target.domain and one.path != target.path}
        if not paths:
            continue
        for digest in _blobs(images, image_id) & wanted:
            known = found.setdefault(digest, [])
            known += sorted(paths - set(known))[: _TRIED - len(known)]
    return found


def _blobs(images: ImageStore, image_id: str) -> set[str]:
    """Digests of the layers' blobs in the image's manifests."""
    digests: set[str] = set()
    for row in images.manifests.of_image(image_id):
        try:
            layers = json.loads(images.blob(row.digest)).get("layers", ())
            digests |= {layer["digest"] for layer in layers}
        except (DockyardError, ValueError, KeyError, TypeError, AttributeError):
            continue
    return digests
