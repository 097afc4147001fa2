"""The images of an archive by name: one, or one for each platform below an index (`contents.py` reads for one alone).

An index may name what the archive doesn't have (`docker save --platform`), and what is no image: attestations, which
are kept beside the images, so that the index stays whole. oci image-spec v1.1, image-index.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from dockyard.errors import InvalidParameter, NotFound
from dockyard.spec.image.descriptor import CONFIG_TYPES, INDEX_TYPES, Descriptor, Platform
from dockyard.spec.image.manifest import index_from_json, manifest_from_json
from dockyard.spec.image.platform import fitting, platform_text, rank, satisfies
from dockyard.store.archive.contents import (
    NESTING,
    PackedImage,
    blob,
    blob_json,
    items_in,
    joined,
    json_in,
    names_of,
    packed_image,
    path_of,
)
from dockyard.store.archive.files import PackedFiles
from dockyard.store.images.store import parse_config

Document = tuple[str, bytes]
"""Media type and bytes."""


@dataclass(frozen=True, slots=True)
class PackedMember:
    """An image of a family, for one platform; `manifest` None where the archive has none (Docker's own format)."""

    image: PackedImage
    platform: Platform
    manifest: Document | None = None


@dataclass(frozen=True, slots=True)
class PackedFamily:
    """Images of the same names for different platforms. `index`: what names them all, where it isn't one image alone.

    `companions`: what else the index names, those that others refer to first.
    """

    members: tuple[PackedMember, ...]
    index: Document | None = None
    companions: tuple[Document, ...] = ()


def families_in(files: PackedFiles) -> list[PackedFamily]:
    """All of the archive. Raises InvalidParameter.

    manifest.json wins where both are there, as in Docker; but it can't say that images are the same for several
    platforms, so that a layout with an index among its entries is read as such.
    """
    entries: Sequence[Descriptor] = ()
    if files.has("oci-layout") and files.has("index.json"):
        entries = index_from_json(json_in(files, "index.json")).manifests
    several = any(entry.media_type in INDEX_TYPES for entry in entries)
    if files.has("manifest.json") and not several:
        return [_alone(item) for item in items_in(files)]
    if not entries and not files.has("index.json"):
        raise InvalidParameter("invalid archive: does not contain a manifest.json")
    whole = [_family(files, entry, NESTING) for entry in entries if entry.media_type in INDEX_TYPES]
    single = [
        packed for entry in entries if entry.media_type not in INDEX_TYPES for packed in packed_image(files, entry)
    ]
    return [*_merged(whole), *(_alone(packed) for packed in joined(single))]


def choose(families: Sequence[PackedFamily], machine: Platform, wanted: Sequence[Platform]) -> list[PackedFamily]:
    """Each with the members of the `wanted` platforms, or all; the first is the one that gets the names: the best for
    this `machine`. Raises NotFound, in Docker's words, when one has nothing of a platform."""
    return [_chosen(family, machine, wanted) for family in families]


def _chosen(family: PackedFamily, machine: Platform, wanted: Sequence[Platform]) -> PackedFamily:
    members = family.members
    for platform in wanted:
        if not any(satisfies(member.platform, platform) for member in members):
            text = platform_text(platform)
            raise NotFound(f"image was found but does not provide the specified platform ({text})")
    if wanted:
        members = tuple(one for one in members if any(satisfies(one.platform, platform) for platform in wanted))
    runs = fitting(machine)

    def place(member: PackedMember) -> int:
        found = rank(member.platform, runs)
        return len(runs) if found is None else found

    members = tuple(sorted(members, key=place))
    names = family.members[0].image
    first = replace(members[0], image=replace(members[0].image, names=names.names, tags=names.tags))
    rest = (replace(one, image=replace(one.image, names=(), tags=())) for one in members[1:])
    return replace(family, members=(first, *rest))


def _alone(packed: PackedImage) -> PackedFamily:
    return PackedFamily((PackedMember(packed, _platform(packed)),))


def _platform(packed: PackedImage) -> Platform:
    image = parse_config(packed.config)
    return Platform(image.architecture, image.os, image.variant)


def _family(files: PackedFiles, entry: Descriptor, depth: int) -> PackedFamily:
    if depth == 0:
        raise InvalidParameter("invalid archive: indexes are nested too deeply")
    names, tags = names_of(entry)
    data = blob(files, entry)
    members: list[PackedMember] = []
    companions: list[Document] = []
    for child in index_from_json(blob_json(files, entry)).manifests:
        if not files.has(path_of(child)):
            continue
        if child.media_type in INDEX_TYPES:
            inner = _family(files, child, depth - 1)
            members += inner.members
            companions += inner.companions
        elif child.platform is not None and child.platform.os == "unknown":
            companions += _companion(files, child)
        else:
            for packed in packed_image(files, child):
                document = (child.media_type, blob(files, child))
                members.append(PackedMember(packed, child.platform or _platform(packed), document))
    if not members:
        raise InvalidParameter("invalid archive: an index without an image")
    first = replace(members[0], image=replace(members[0].image, names=names, tags=tags))
    return PackedFamily((first, *members[1:]), (entry.media_type, data), tuple(companions))


def _companion(files: PackedFiles, entry: Descriptor) -> list[Document]:
    """A manifest that is no image's, after what it refers to; nothing when a part of it isn't in the archive."""
    manifest = manifest_from_json(blob_json(files, entry))
    below = (manifest.config, *manifest.layers)
    if manifest.config.media_type in CONFIG_TYPES and all(files.has(path_of(one)) for one in below):
        return [*((one.media_type, blob(files, one)) for one in below), (entry.media_type, blob(files, entry))]
    return []


def _merged(families: list[PackedFamily]) -> list[PackedFamily]:
    """A family with several names stands several times in a layout; it is one."""
    found: dict[Document | None, PackedFamily] = {}
    for family in families:
        known = found.setdefault(family.index, family)
        names = dict.fromkeys((*known.members[0].image.names, *family.members[0].image.names))
        tags = dict.fromkeys((*known.members[0].image.tags, *family.members[0].image.tags))
        first = known.members[0]
        first = replace(first, image=replace(first.image, names=tuple(names), tags=tuple(tags)))
        found[family.index] = replace(known, members=(first, *known.members[1:]))
    return list(found.values())
