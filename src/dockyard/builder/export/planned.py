"""What a planned and solved Dockerfile comes to for one platform: layers, and the configuration with its history."""

import json
from collections.abc import Callable

from dockyard.builder.export.contract import Attestation, Ref
from dockyard.builder.graph import Vertex
from dockyard.builder.plan import BuildPlan, PlannedStage
from dockyard.builder.plan.state import LABEL_MARK, Step
from dockyard.builder.solve.results import Snapshot
from dockyard.spec.image.config import History, Image, image_to_json
from dockyard.spec.image.descriptor import Platform
from dockyard.spec.image.platform import normalized, platform_text
from dockyard.store.images.encode import config_bytes

COMMENT = "buildkit.dockerfile.v0"

Solved = Callable[[Vertex], Snapshot]
"""What a vertex of the plan came to."""


def planned_ref(
    plan: BuildPlan,
    solved: Solved,
    platform: Platform | None = None,
    attestations: tuple[Attestation, ...] = (),
) -> Ref:
    """The target of a plan that has been solved. `platform`: what was asked for; None for that of the base image."""
    stages = _line(plan, plan.result)
    base = stages[0].image
    assert base is not None
    before = base.image
    own = Platform(before.architecture, before.os, before.variant, before.os_version)
    history = list(before.history)
    chain_id = base.chain_id
    for stage in stages:
        for step in stage.steps:
            snapshot = solved(step.vertex) if step.vertex is not None else Snapshot(chain_id)
            history.append(_history(step, snapshot, empty=snapshot.chain_id in (None, chain_id)))
            chain_id = snapshot.chain_id
    result = plan.result
    image = Image(
        architecture=before.architecture,
        os=before.os,
        variant=before.variant,
        os_version=before.os_version,
        author=result.author,
        config=result.config,
        history=tuple(history),
    )
    config = image_to_json(image)
    del config["rootfs"]
    shown = platform if platform is not None else own
    data = json.dumps(config, ensure_ascii=False).encode()
    return Ref(platform_text(normalized(shown)), normalized(own), chain_id, data, config_bytes(before), attestations)


def _line(plan: BuildPlan, stage: PlannedStage) -> list[PlannedStage]:
    """The stages that one stands on, the lowest first."""
    line = [stage]
    while line[-1].parent is not None:
        parent = plan.stages[line[-1].parent]
        assert parent is not None
        line.append(parent)
    return line[::-1]


def _history(step: Step, snapshot: Snapshot, *, empty: bool) -> History:
    created_by = step.created_by.replace(LABEL_MARK, snapshot.label)
    return History("", step.author, created_by, COMMENT, empty_layer=empty)
