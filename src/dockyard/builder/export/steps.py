"""An image of what a step has come to: its parent's configuration and history with one step more."""

import hashlib
import json
from dataclasses import dataclass

from dockyard.builder.plan.state import LABEL_MARK, Step
from dockyard.spec.image.config import History, Image, RootFS, config_to_json
from dockyard.store.images import StoredImage
from dockyard.store.images.encode import config_bytes
from dockyard.store.images.store import ImageStore


@dataclass(frozen=True, slots=True)
class Made:
    """What is known of an image before it exists: the layers that it has, and the step that makes it."""

    parent: StoredImage | None
    base: Image
    """What a first image of a stage `FROM scratch` begins with: its platform."""
    step: Step
    chain_id: str | None
    label: str

    @property
    def created_by(self) -> str:
        """What history says of the step."""
        return self.step.created_by.replace(LABEL_MARK, self.label)

    @property
    def key(self) -> str:
        """Equal for what is the same image but for the time when it was made."""
        told = json.dumps(
            [
                self.parent.id if self.parent else [self.base.architecture, self.base.os, self.base.variant],
                self.chain_id,
                self.created_by,
                self.step.author,
                config_to_json(self.step.config),
            ]
        )
        return hashlib.sha256(told.encode("utf-8", "replace")).hexdigest()


def create_image(images: ImageStore, made: Made, *, created: str, container_id: str, comment: str = "") -> StoredImage:
    """Make the image. `created` is RFC 3339 text. NotFound when a layer has gone meanwhile."""
    parent = made.parent
    before = parent.image if parent is not None else made.base
    below = parent.chain_id if parent is not None else None
    diff_ids = before.rootfs.diff_ids if parent is not None else ()
    empty = made.chain_id is None or made.chain_id == below
    if not empty and made.chain_id is not None:
        diff_ids = (*diff_ids, images.layers.get(made.chain_id).diff_id)
    step = History(created, made.step.author, made.created_by, comment, empty_layer=empty)
    image = Image(
        architecture=before.architecture,
        os=before.os,
        variant=before.variant,
        os_version=before.os_version,
        created=created,
        author=made.step.author,
        container=container_id,
        config=made.step.config,
        rootfs=RootFS(tuple(diff_ids)),
        history=(*before.history, step) if parent is not None else (step,),
    )
    return images.create(config_bytes(image), parent=parent.id if parent else None, built_locally=True)
