"""What a pull has to do, from what the registry says and what is here: pure functions.

    index ── choose ──▶ manifest ── understand ──▶ config ── agree ──▶ layers, each with its diff id

oci image-spec v1.1, manifest.md and image-index.md; Docker's image manifest v2, schema 2. Schema 1 is refused.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from dockyard.errors import InvalidParameter, NotFound
from dockyard.spec.image.config import Image
from dockyard.spec.image.descriptor import (
    CONFIG_TYPES,
    INDEX_TYPES,
    MANIFEST_TYPES,
    OCI_MANIFEST,
    Descriptor,
    Platform,
)
from dockyard.spec.image.manifest import Index, Manifest, index_from_json, manifest_from_json
from dockyard.spec.image.platform import fitting, platform_text, rank
from dockyard.store.content.digest import is_digest
from dockyard.store.distribution.reference import Reference
from dockyard.store.distribution.registry.repository import SCHEMA_1

CONFIG_BYTES = 16 << 20
LAYERS = 1024
"""More than any graph driver stacks; keeps a hostile manifest from becoming a million downloads."""
PLUGIN_CONFIG = "application/vnd.docker.plugin.v1+json"
LAYER_PREFIXES = (
    "application/vnd.oci.image.layer.v1.tar",
    "application/vnd.oci.image.layer.nondistributable.v1.tar",
    "application/vnd.docker.image.rootfs.diff.tar",
    "application/vnd.docker.image.rootfs.foreign.diff.tar",
)
"""How layers' media types begin; behind it may stand how they are compressed, which their first bytes tell anyway."""


class LayerStep(NamedTuple):
    """A layer of the image, lowest first: its blob, and what it must be once it is inflated."""

    blob: Descriptor
    diff_id: str


def understand(descriptor: Descriptor, document: Any, reference: Reference) -> Manifest | Index:
    """What the bytes at `descriptor` are. Raises InvalidParameter for what can't be pulled."""
    media_type = descriptor.media_type
    if media_type in SCHEMA_1:
        raise InvalidParameter(
            f"[DEPRECATION NOTICE] Docker Image Format v1 and Docker Image manifest version 2, schema 1 support has "
            f"been removed: {reference.familiar} can't be pulled. Suggest the author to upgrade it to the OCI Format "
            "or Docker Image manifest version 2, schema 2"
        )
    fields = document if isinstance(document, dict) else {}
    # Whoever reads the same bytes differently would run another image (GHSA-xmmx-7jpf-fx42).
    if "manifests" in fields and ("layers" in fields or "config" in fields):
        raise InvalidParameter("ambiguous manifest: it has both manifests and layers")
    if fields.get("mediaType") not in (None, "", media_type):
        raise InvalidParameter(f"mediaType in manifest should be '{media_type}' not '{fields.get('mediaType')}'")
    if media_type in INDEX_TYPES:
        return index_from_json(document)._replace(media_type=media_type)
    if media_type in MANIFEST_TYPES:
        manifest = manifest_from_json(document)._replace(media_type=media_type)
        _check_manifest(manifest, reference)
        return manifest
    raise InvalidParameter(f'unsupported manifest media type and no default available: "{media_type[:200]}"')


def choose(index: Index, machine: Platform, wanted: Platform | None) -> Descriptor:
    """The manifest for `wanted`, or for `machine` where nobody asked for a platform. Raises NotFound when none fits."""
    asked = with_defaults(wanted, machine)
    order = fitting(asked)
    best: tuple[int, Descriptor] | None = None
    for entry in index.manifests:
        # An entry that doesn't name its platform fits everywhere, but worse than any that does.
        place = len(order) if entry.platform is None else rank(entry.platform, order)
        if entry.media_type and entry.media_type not in MANIFEST_TYPES | INDEX_TYPES | frozenset(SCHEMA_1):
            place = None
        if place is not None and (best is None or place < best[0]):
            best = (place, entry)
    if best is None:
        raise NotFound(f"no matching manifest for {platform_text(asked)} in the manifest list entries")
    return check_descriptor(best[1], "manifest")


def with_defaults(wanted: Platform | None, machine: Platform) -> Platform:
    """`wanted` with what it leaves open filled in from the machine."""
    if wanted is None:
        return machine
    if not wanted.architecture:
        return wanted._replace(architecture=machine.architecture, variant=machine.variant, os=wanted.os or machine.os)
    return wanted if wanted.os else wanted._replace(os=machine.os)


def layer_steps(manifest: Manifest, image: Image) -> list[LayerStep]:
    """The layers to have. Raises InvalidParameter when manifest and configuration contradict each other."""
    if image.os not in ("", "linux"):
        raise InvalidParameter(f'image operating system "{image.os}" cannot be used on this platform')
    diff_ids = image.rootfs.diff_ids
    if len(diff_ids) != len(manifest.layers):
        raise InvalidParameter("layers from manifest don't match image configuration")
    for diff_id in diff_ids:
        if not is_digest(diff_id):
            raise InvalidParameter(f"invalid diffID in image configuration: {diff_id[:200]!r}")
    return [LayerStep(blob, diff_id) for blob, diff_id in zip(manifest.layers, diff_ids, strict=True)]


def digits(digest: str) -> str:
    """The twelve digits of a digest that users see."""
    return digest.partition(":")[2][:12]


def check_descriptor(descriptor: Descriptor, what: str, limit_bytes: int | None = None) -> Descriptor:
    """`descriptor`, whose digest can be verified and whose size makes sense. Raises InvalidParameter."""
    if not is_digest(descriptor.digest):
        raise InvalidParameter(f"invalid {what} digest in manifest: {descriptor.digest[:200]!r}")
    if descriptor.size < 0 or (limit_bytes is not None and descriptor.size > limit_bytes):
        raise InvalidParameter(f"invalid {what} size in manifest: {descriptor.size}")
    return descriptor


def _check_manifest(manifest: Manifest, reference: Reference) -> None:
    config = check_descriptor(manifest.config, "config", CONFIG_BYTES)
    if config.media_type == PLUGIN_CONFIG:
        raise InvalidParameter(
            f'Encountered remote "{PLUGIN_CONFIG}"(plugin) when fetching: {reference.familiar} is a plugin'
        )
    if len(manifest.layers) > LAYERS:
        raise InvalidParameter(f"too many layers: {len(manifest.layers)}")
    for layer in manifest.layers:
        check_descriptor(layer, "layer")


def check_image(manifest: Manifest) -> None:
    """Whether the manifest is that of an image, and no artifact. Raises InvalidParameter."""
    kind = manifest.config.media_type
    if kind not in CONFIG_TYPES and (manifest.media_type != OCI_MANIFEST or not _is_image(manifest)):
        raise InvalidParameter(f"unsupported media type {kind[:200]}")
    for layer in manifest.layers:
        if not layer.media_type.startswith(LAYER_PREFIXES) or "encrypted" in layer.media_type:
            raise InvalidParameter(f"unsupported layer media type: {layer.media_type[:200]!r}")


def _is_image(manifest: Manifest) -> bool:
    """Some old tools gave images' configurations a plain JSON type; artifacts have types of their own."""
    return manifest.config.media_type in ("", "application/json", "application/octet-stream") and bool(manifest.layers)


def fits_without_index(image: Image, machine: Platform, wanted: Platform | None) -> bool:
    """Whether an image that came without an index is of the platform that was asked for."""
    order: Sequence[Platform] = fitting(with_defaults(wanted, machine))
    return wanted is None or rank(Platform(image.architecture, image.os, image.variant), list(order)) is not None
