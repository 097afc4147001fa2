"""An image to an OCI bundle: a root filesystem and a config.json that any OCI runtime runs, without a daemon.

oci image-spec v1.1, conversion.md; runtime-spec v1.2, bundle.md. Layers are applied one on top of the other into a
plain directory, whiteouts deleting at once, as umoci does it.
"""

import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory

from dockyard.errors import AlreadyExists, InvalidParameter, NotFound, SystemFailure
from dockyard.fs.rooted import remove_tree
from dockyard.spec.image.descriptor import Platform
from dockyard.spec.runtime import to_json
from dockyard.store.archive.bundle_spec import runtime_spec
from dockyard.store.archive.contents import PackedImage, images_in
from dockyard.store.archive.files import DirectoryFiles, PackedFiles
from dockyard.store.archive.spool import Spool
from dockyard.store.content import ContentStore
from dockyard.store.distribution.reference import parse_reference
from dockyard.store.graphdriver.vfs.unpack import unpack as apply_layer
from dockyard.store.images.store import parse_config
from dockyard.store.layers.unpack import unpack_into


def unpack_bundle(source: str, bundle: str, *, name: str = "", platform: Platform) -> None:
    """Make the bundle `bundle` (a directory that doesn't exist yet) of an image in `source`.

    `source` is an OCI layout directory, or an archive (docker archive or OCI layout, compressed or not). `name` chooses
    among several images: a reference, or the tag that a layout gives; without one there must be only one image.

    Raises NotFound, InvalidParameter for what can't be understood, AlreadyExists, SystemFailure; then nothing is left.
    """
    try:
        os.mkdir(bundle, 0o755)
    except FileExistsError:
        raise AlreadyExists(f"{bundle}: already exists") from None
    except OSError as error:
        raise SystemFailure(f"mkdir {bundle}: {(error.strerror or '').lower()}") from error
    try:
        with _files(source, bundle) as files:
            _unpack(files, _chosen(images_in(files, platform), name), bundle)
    except BaseException:
        remove_tree(bundle)
        raise


@contextmanager
def _files(source: str, bundle: str) -> Iterator[PackedFiles]:
    if os.path.isdir(source):
        with DirectoryFiles(source) as files:
            yield files
        return
    # Beside the bundle, because /tmp may be small or in memory.
    parent = os.path.dirname(os.path.abspath(bundle))
    with TemporaryDirectory(prefix=".unpack-", dir=parent) as scratch, Spool(ContentStore(scratch)) as spool:
        spool.fill(_chunks(source))
        yield spool


def _chunks(source: str) -> Iterable[bytes]:
    try:
        with open(source, "rb") as file:
            while chunk := file.read(1 << 18):
                yield chunk
    except OSError as error:
        raise InvalidParameter(f"open {source}: {(error.strerror or '').lower()}") from error


def _chosen(images: list[PackedImage], name: str) -> PackedImage:
    if not name:
        if len(images) == 1:
            return images[0]
        known = ", ".join(sorted(known for image in images for known in image.names))
        raise InvalidParameter(f"choose one of several images: {known}" if images else "there is no image")
    for image in images:
        if name in image.names or name in image.tags:
            return image
    wanted = parse_reference(name).with_default_tag()
    for image in images:
        if any(parse_reference(known).with_default_tag() == wanted for known in image.names):
            return image
    raise NotFound(f"No such image: {wanted.familiar}")


def _unpack(files: PackedFiles, packed: PackedImage, bundle: str) -> None:
    image = parse_config(packed.config)
    if len(packed.layers) != len(image.rootfs.diff_ids):
        raise InvalidParameter(
            f"invalid manifest, layers length mismatch: expected {len(packed.layers)}, got {len(image.rootfs.diff_ids)}"
        )
    rootfs = f"{bundle}/rootfs"
    os.mkdir(rootfs, 0o755)
    for index, (path, diff_id) in enumerate(zip(packed.layers, image.rootfs.diff_ids, strict=True)):
        blob = files.blob(path)
        if packed.layer_digests and blob.digest != packed.layer_digests[index]:
            raise InvalidParameter(f"invalid archive: {path}: its digest is {blob.digest}")
        found = unpack_into(lambda reader, placed: apply_layer(rootfs, reader, placed), blob).diff_id
        if found != diff_id:
            raise InvalidParameter(f'invalid diffID for layer {index}: expected "{diff_id}", got "{found}"')
    document = to_json(runtime_spec(image, rootfs))
    with open(f"{bundle}/config.json", "w", encoding="utf-8") as file:
        json.dump(document, file, indent="\t", ensure_ascii=False)
