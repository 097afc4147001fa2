"""The image that a container is made from: by name, and by platform where there are several."""

from dataclasses import dataclass

from dockyard.engine.containers.config import Config
from dockyard.engine.images.config import container_config
from dockyard.errors import InvalidParameter
from dockyard.spec.image.descriptor import Platform
from dockyard.spec.image.platform import fitting, platform_text, rank
from dockyard.store.images import ImageStore
from dockyard.store.images.platforms import of_platform, platform_of


@dataclass(frozen=True, slots=True)
class EngineImage:
    """What `create` needs of an image, and what the user should know of it."""

    id: str
    config: Config
    chain_id: str | None
    warnings: tuple[str, ...] = ()


def choose_image(images: ImageStore, name: str, wanted: Platform | None, here: Platform) -> EngineImage:
    """The image `name`, of platform `wanted` if that is given; with a warning when `here` can't run it and nobody asked
    for that. Raises InvalidParameter, NotFound."""
    if not name:
        raise InvalidParameter("config.Image cannot be empty")
    stored = of_platform(images, name, wanted)
    own = platform_of(stored)
    warnings: tuple[str, ...] = ()
    if wanted is None and own.os and own.architecture and rank(own, fitting(here)) is None:
        warning = (
            f"The requested image's platform ({platform_text(own)}) does not match the detected host platform "
            f"({platform_text(here)}) and no specific platform was requested"
        )
        warnings = (warning,)
    return EngineImage(stored.id, container_config(stored.image.config), stored.chain_id, warnings)
