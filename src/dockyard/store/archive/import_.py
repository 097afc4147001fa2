"""`docker import`: the archive of a whole root filesystem becomes an image of one layer."""

from collections.abc import Iterable

from dockyard.spec.image.config import History, Image, ImageConfig, RootFS
from dockyard.spec.image.descriptor import Platform
from dockyard.store.content import ContentStore
from dockyard.store.content.compression import inflated
from dockyard.store.images.encode import config_bytes
from dockyard.store.images.store import ImageStore, StoredImage
from dockyard.store.layers.spooled import spooled


def import_image(
    images: ImageStore,
    content: ContentStore,
    chunks: Iterable[bytes],
    *,
    config: ImageConfig,
    message: str,
    platform: Platform,
    now: str,
) -> StoredImage:
    """Make an image of the archive in `chunks` (compressed or not) with `config`; `now` is RFC 3339 text.

    Raises InvalidParameter for a damaged archive, SystemFailure when the disk refuses; then nothing is left.
    """
    with spooled(content, inflated(chunks)) as blob, images.new_layer(blob, None) as layer:
        image = Image(
            architecture=platform.architecture,
            os=platform.os,
            variant=platform.variant,
            created=now,
            comment=message,
            config=config,
            rootfs=RootFS((layer.diff_id,)),
            history=(History(created=now, comment=message),),
        )
        return images.create(config_bytes(image))
