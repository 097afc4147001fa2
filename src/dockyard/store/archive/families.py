"""The images of an archive by name: one, or one for each platform below an index (`contents.py` reads for one alone).

An index may name what the archive doesn't have (`docker save --platform`), and what is no image: attestations, which
are kept beside the images, so that the index stays whole. oci image-spec v1.1, image-index.md.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from dockyard.errors import InvalidParameter, NotFound
from dockyard.spec.image.descriptor import CONFIG_TYPES, INDEX_TYPES, Descriptor, Platform
from dockyard.spec.image.manifest import index_from_json, manifest_from_json
from dockyard.spec.image.platform import fitting, platform_text, rank, satisfies
from dockyard.store.archive.contents import (
    NESTING,
    Named,
    PackedImage,
    blob,
    blob_json,
    items_in,
    joined,
    json_in,
    once,
    packed_image,
    path_of,
)
from dockyard.store.archive.files import PackedFiles
from dockyard.store.archive.remembered import Remembered
from dockyard.store.images.store import parse_config

Document = tuple[str, bytes]
"""Media type and bytes."""

MANIFESTS = 1000
"""So many of them are in one family at most: a registry's index of 4 MiB could have more, but none of an image has."""
IMAGES = 10_000
"""And so many images in one archive."""


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
    files = Remembered(files)
    entries: Sequence[Descriptor] = ()
    if files.has("oci-layout") and files.has("index.json"):
        entries = index_from_json(json_in(files, "index.json")).manifests
    several = any(entry.media_type in INDEX_TYPES for entry in entries)
    if files.has("manifest.json") and not several:
        return _bounded(_alone(item) for item in items_in(files))
    if not entries and not files.has("index.json"):
        raise InvalidParameter("invalid archive: does not contain a manifest.json")
    named = once(entries)
    whole = _bounded(_named(_family(files, one.entry), one) for one in named if one.entry.media_type in INDEX_TYPES)
    single = [
        packed.called(one.names, one.tags)
        for one in named
        if one.entry.media_type not in INDEX_TYPES
        for packed in packed_image(files, one.entry)
    ]
    return _bounded((*whole, *(_alone(packed) for packed in joined(single))))


def _bounded(families: Iterable[PackedFamily]) -> list[PackedFamily]:
    found: list[PackedFamily] = []
    left = IMAGES
    for family in families:
        left -= len(family.members)
        if left < 0:
            raise InvalidParameter(f"invalid archive: more than {IMAGES} images")
        found.append(family)
    return found


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


def _family(files: PackedFiles, entry: Descriptor) -> PackedFamily:
    members: list[PackedMember] = []
    companions: list[Document] = []
    seen = {entry.digest}
    for child in _below(files, entry, seen, NESTING):
        if len(seen) > MANIFESTS:
            raise InvalidParameter(f"invalid archive: more than {MANIFESTS} manifests in one image index")
        if child.platform is not None and child.platform.os == "unknown":
            companions += _companion(files, child)
        else:
            for packed in packed_image(files, child):
                document = (child.media_type, blob(files, child))
                members.append(PackedMember(packed, child.platform or _platform(packed), document))
    if not members:
        raise InvalidParameter("invalid archive: an index without an image")
    return PackedFamily(tuple(members), (entry.media_type, blob(files, entry)), tuple(companions))


def _below(files: PackedFiles, entry: Descriptor, seen: set[str], depth: int) -> Iterator[Descriptor]:
    """The manifests in an index and in those below it that the archive has, each once. `seen`: digests."""
    if depth == 0:
        raise InvalidParameter("invalid archive: indexes are nested too deeply")
    for child in index_from_json(blob_json(files, entry)).manifests:
        if child.digest in seen or not files.has(path_of(child)):
            continue
        seen.add(child.digest)
        if child.media_type in INDEX_TYPES:
            yield from _below(files, child, seen, depth - 1)
        else:
            yield child


def _named(family: PackedFamily, one: Named) -> PackedFamily:
    """The family with an entry's names, and no others: its first image has them."""
    images = (replace(member.image, names=(), tags=()) for member in family.members)
    members = [replace(member, image=image) for member, image in zip(family.members, images, strict=True)]
    members[0] = replace(members[0], image=members[0].image.called(one.names, one.tags))
    return replace(family, members=tuple(members))


def _companion(files: PackedFiles, entry: Descriptor) -> list[Document]:
    """A manifest that is no image's, after what it refers to; nothing when a part of it isn't in the archive."""
    manifest = manifest_from_json(blob_json(files, entry))
    below = (manifest.config, *manifest.layers)
    if manifest.config.media_type in CONFIG_TYPES and all(files.has(path_of(one)) for one in below):
        return [*((one.media_type, blob(files, one)) for one in below), (entry.media_type, blob(files, entry))]
    return []
