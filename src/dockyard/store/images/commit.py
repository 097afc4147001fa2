"""`docker commit`: a container's changes become a layer on top of its image's, and these an image.

Docker's child image: configuration and history of the parent with one step more; a container that changed nothing
adds a step without a layer.
"""

from dataclasses import dataclass

from dockyard.spec.image.config import History, Image, ImageConfig, RootFS
from dockyard.spec.image.descriptor import Platform
from dockyard.spec.image.fields import Json
from dockyard.store.content import ContentStore
from dockyard.store.images.encode import config_bytes
from dockyard.store.images.store import ImageStore, StoredImage
from dockyard.store.layers import RwLayer
from dockyard.store.layers.spooled import spooled

EMPTY_LAYER = "sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef"
"""The digest of an archive without members (1024 zero bytes): Docker's sign of a step that changed no file."""


@dataclass(frozen=True, slots=True)
class CommitRequest:
    """What is recorded beside the files. `created_by` is the container's command; `now` is RFC 3339 text."""

    config: ImageConfig
    author: str
    comment: str
    created_by: str
    container_id: str
    platform: Platform
    now: str
    container_config: Json | None = None


def commit(
    images: ImageStore, content: ContentStore, layer: RwLayer, parent: StoredImage | None, request: CommitRequest
) -> StoredImage:
    """Make an image of `layer`, which stands on `parent`'s layers (None: on nothing).

    Raises SystemFailure when the disk refuses; then nothing is left.
    """
    with spooled(content, layer.diff_tar()) as blob:
        if blob.digest == EMPTY_LAYER:
            return _create(images, parent, request, None)
        with images.new_layer(blob, layer.chain_id) as made:
            return _create(images, parent, request, made.diff_id)


def _create(images: ImageStore, parent: StoredImage | None, request: CommitRequest, diff_id: str | None) -> StoredImage:
    base = parent.image if parent else Image()
    step = History(request.now, request.author, request.created_by, request.comment, empty_layer=diff_id is None)
    image = Image(
        architecture=base.architecture or request.platform.architecture,
        os=base.os or request.platform.os,
        variant=base.variant or request.platform.variant,
        os_version=base.os_version,
        created=request.now,
        author=request.author,
        container=request.container_id,
        container_config=request.container_config,
        config=request.config,
        rootfs=RootFS((*base.rootfs.diff_ids, diff_id) if diff_id else base.rootfs.diff_ids),
        history=(*base.history, step),
    )
    return images.create(config_bytes(image), parent=parent.id if parent else None, built_locally=True)
