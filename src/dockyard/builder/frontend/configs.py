"""The configuration of the image that a build comes to, as the frontend knows it before anything is built.

Layers and times are still open: who exports it fills them in (builder/export/config.py). The order of the fields is
Go's.
"""

import json

from dockyard.builder.plan import BuildPlan, PlannedStage
from dockyard.builder.plan.state import LABEL_MARK
from dockyard.spec.image.config import History, Image, config_to_json
from dockyard.spec.image.descriptor import Platform
from dockyard.spec.image.fields import Json

COMMENT = "buildkit.dockerfile.v0"


def image_config(plan: BuildPlan, platform: Platform) -> bytes:
    """The target's configuration as JSON."""
    stage = plan.result
    base = base_image(plan, stage)
    steps: list[PlannedStage] = [stage]
    while steps[-1].parent is not None:
        parent = plan.stages[steps[-1].parent]
        assert parent is not None
        steps.append(parent)
    history = [_told(one) for one in base.history]
    for one in reversed(steps):
        history += [
            _told(
                History(
                    author=step.author,
                    created_by=step.created_by.replace(LABEL_MARK, ""),
                    comment=COMMENT,
                    empty_layer=step.vertex is None,
                )
            )
            for step in one.steps
        ]
    whole: Json = {
        "architecture": base.architecture or platform.architecture,
        **({"variant": base.variant} if base.variant else {}),
        "os": base.os or platform.os,
        **({"author": stage.author} if stage.author else {}),
        "rootfs": {"type": "layers", "diff_ids": list(base.rootfs.diff_ids)},
        "history": history,
        "config": config_to_json(stage.config),
    }
    return json.dumps(whole, ensure_ascii=False).encode("utf-8", "surrogateescape")


def base_image(plan: BuildPlan, stage: PlannedStage) -> Image:
    """The image that a stage, and those that it stands on, began with."""
    while stage.image is None:
        assert stage.parent is not None
        parent = plan.stages[stage.parent]
        assert parent is not None
        stage = parent
    return stage.image.image


def _told(one: History) -> Json:
    pairs = {
        "created": one.created,
        "created_by": one.created_by,
        "author": one.author,
        "comment": one.comment,
        "empty_layer": one.empty_layer,
    }
    return {key: value for key, value in pairs.items() if value}
