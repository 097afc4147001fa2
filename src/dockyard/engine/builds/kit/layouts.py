"""Images in OCI layouts of the client, as what stages stand on: `--build-context NAME=oci-layout://FOLDER`.

The client offers the layout's blobs as a content store; its index says which image is meant, for each platform one.
"""

import json

from dockyard.builder.export.contract import Moved
from dockyard.builder.plan import BaseImage
from dockyard.builder.remotecache.contract import CachePlace, CachePlaces
from dockyard.errors import InvalidParameter
from dockyard.spec.image.descriptor import Descriptor, Platform
from dockyard.spec.image.manifest import Index, Manifest
from dockyard.store.content.digest import is_digest
from dockyard.store.distribution.reference import Reference
from dockyard.store.images.store import parse_config
from dockyard.store.layers.chain import chain_ids
from dockyard.store.layers.leases import Lease
from dockyard.store.pull.plan import choose, layer_steps, understand

_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_INDEX = "application/vnd.oci.image.index.v1+json"
_DEPTH = 3


async def layout_image(
    places: CachePlaces, value: str, machine: Platform, platform: Platform | None, lease: Lease, moved: Moved
) -> BaseImage:
    """The image that `value` (store, perhaps a tag, and digest) means; its layers are here and held by `lease`.

    Raises InvalidParameter for what is no image, NotFound when the client hasn't got it, or not for this platform.
    """
    name, _, digest = value.rpartition("@")
    if not is_digest(digest):
        raise InvalidParameter(f'oci-layout reference "{value}" has no digest')
    place = places.client(f"oci:{name.partition(':')[0]}", digest)
    manifest = await _manifest(place, await place.root(), machine, platform)
    config = parse_config(await place.read(manifest.config))
    steps = layer_steps(manifest, config)
    for chain in chain_ids(step.diff_id for step in steps):
        lease.add(chain)
    return BaseImage(None, config, await place.fetch(steps, moved) if steps else None)


async def _manifest(place: CachePlace, data: bytes, machine: Platform, platform: Platform | None) -> Manifest:
    for _ in range(_DEPTH):
        found = _understood(data)
        if isinstance(found, Manifest):
            return found
        data = await place.read(choose(found, machine, platform))
    raise InvalidParameter("oci-layout: indexes are nested too deeply")


def _understood(data: bytes) -> Manifest | Index:
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise InvalidParameter(f"oci-layout: invalid manifest: {error}") from None
    fields = document if isinstance(document, dict) else {}
    media_type = fields.get("mediaType") or (_INDEX if "manifests" in fields else _MANIFEST)
    return understand(Descriptor(str(media_type), "", len(data)), document, Reference("localhost", "layout", ""))
