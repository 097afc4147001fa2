"""`dockyard oci unpack ARCHIVE DIRECTORY`: a runtime bundle of an image archive, without a daemon.

The archive is one of `docker save` or an OCI image layout as a tar; the bundle has the image's files in rootfs/ and a
config.json that any OCI runtime runs (https://github.com/opencontainers/runtime-spec/blob/v1.2.0/bundle.md).
"""

from __future__ import annotations

import json
import os

from dockyard.cli.archive_file import archive_pieces, opened
from dockyard.cli.command import Command
from dockyard.cli.exit import Exit
from dockyard.cli.flags.kinds import STRING
from dockyard.cli.flags.spec import Flag, Parsed
from dockyard.cli.image.reference import with_default_tag
from dockyard.cli.session import Session
from dockyard.errors import InvalidParameter, NotFound, SystemFailure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dockyard.spec.image.config import Image
    from dockyard.store.archive.contents import PackedImage
    from dockyard.store.archive.spool import Spool


def run(session: Session, options: Parsed) -> int:
    """Makes the bundle; the directory must not exist, or be empty."""
    path, directory = options.arguments
    _make_directory(directory)
    try:
        _unpack(path, directory, options["image"] or "")
    except OSError as error:
        raise SystemFailure(f"{error.filename or directory}: {(error.strerror or str(error)).lower()}") from error
    session.line(os.path.abspath(directory))
    return 0


def _make_directory(path: str) -> None:
    try:
        os.makedirs(path, mode=0o755, exist_ok=True)
        if os.listdir(path):
            raise Exit(1, f"{path}: the directory isn't empty")
    except OSError as error:
        raise SystemFailure(f"mkdir {path}: {(error.strerror or '').lower()}") from error


def _unpack(path: str, directory: str, name: str) -> None:
    import shutil
    from functools import partial

    from dockyard.cli.oci.bundle import runtime_config
    from dockyard.spec.image.config import image_from_json
    from dockyard.spec.image.descriptor import Platform
    from dockyard.store.archive.contents import images_in
    from dockyard.store.archive.spool import Spool
    from dockyard.store.content import ContentStore
    from dockyard.store.graphdriver.vfs.unpack import unpack
    from dockyard.store.layers.unpack import unpack_into

    rootfs, unfinished = os.path.join(directory, "rootfs"), os.path.join(directory, ".unpacking")
    os.mkdir(rootfs, 0o755)
    archive = opened(path)
    try:
        with Spool(ContentStore(unfinished)) as spool:
            spool.fill(archive_pieces(archive))
            packed = _chosen(images_in(spool, Platform(architecture=_architecture(), os="linux")), name)
            image = image_from_json(json.loads(packed.config))
            _check(packed, image, spool)
            for layer, diff_id in zip(packed.layers, image.rootfs.diff_ids, strict=True):
                done = unpack_into(partial(unpack, rootfs), spool.blob(layer))
                if done.diff_id != diff_id:
                    raise InvalidParameter(f"invalid archive: {layer}: its diff id is {done.diff_id}, not {diff_id}")
    finally:
        os.close(archive)
        shutil.rmtree(unfinished, ignore_errors=True)
    with open(os.path.join(directory, "config.json"), "w", encoding="utf-8") as file:
        json.dump(runtime_config(image, rootfs), file, indent="\t", ensure_ascii=False)


def _architecture() -> str:
    machine = os.uname().machine
    return {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm"}.get(machine, machine)


def _chosen(images: list[PackedImage], name: str) -> PackedImage:
    if name:
        for image in images:
            if with_default_tag(name) in image.names or f"docker.io/library/{with_default_tag(name)}" in image.names:
                return image
        raise NotFound(f"no image {name} in the archive")
    if len(images) != 1:
        names = ", ".join(name for image in images for name in image.names)
        raise InvalidParameter(f"the archive has {len(images)} images; choose one with --image: {names}")
    return images[0]


def _check(packed: PackedImage, image: Image, spool: Spool) -> None:
    if len(packed.layers) != len(image.rootfs.diff_ids):
        raise InvalidParameter(
            f"invalid archive: {len(packed.layers)} layers, {len(image.rootfs.diff_ids)} diff ids in the configuration"
        )
    for layer in packed.layers:
        if not spool.has(layer):
            raise InvalidParameter(f"invalid archive: {layer} is missing")


COMMAND = Command(
    "[OPTIONS] IMAGE-ARCHIVE DIRECTORY",
    "Make a runtime bundle (config.json, rootfs) of an image archive",
    run,
    flags=(Flag("image", "", STRING, "Name of the image, where the archive has several"),),
    least=2,
    most=2,
)
