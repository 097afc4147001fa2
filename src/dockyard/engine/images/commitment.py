"""What is asked of a commit."""

from dataclasses import dataclass

from dockyard.engine.containers.config import Config


@dataclass(frozen=True, slots=True)
class Commitment:
    """What `commit` makes of a container: the new image's configuration, its name, and what its history tells."""

    config: Config
    changes: tuple[str, ...]
    repository: str
    tag: str
    author: str
    comment: str
    created_by: str
    container_config: Config
    """What the container was made with, which Docker keeps beside the image's own configuration."""
