"""One build of the classic API, from a plan to an image's id."""

import asyncio
import os
from collections.abc import Callable, Container
from dataclasses import dataclass

from dockyard.builder.cache import BuildCache
from dockyard.builder.classic.inbox import Inbox
from dockyard.builder.classic.text import (
    executing_triggers,
    no_longer_there,
    running_in,
    short,
    stderr,
    unused_arguments,
)
from dockyard.builder.dockerfile.instructions import Run, Transfer
from dockyard.builder.export.steps import Made, create_image
from dockyard.builder.plan import BuildPlan, PlannedStage, Step
from dockyard.builder.solve.events import Completed, Output, Running
from dockyard.builder.solve.results import Snapshot
from dockyard.builder.solve.solver import Solver
from dockyard.errors import InvalidParameter, SystemFailure
from dockyard.spec.image.config import Image
from dockyard.store.images import StoredImage
from dockyard.store.images.store import ImageStore

Write = Callable[[str], None]
"""Takes text for the client, as it stands."""


@dataclass(frozen=True, slots=True)
class Classic:
    """What a build of the classic API works with. `aux` is told the image's id after each stage."""

    plan: BuildPlan
    solver: Solver
    inbox: Inbox
    cache: BuildCache
    images: ImageStore
    write: Write
    aux: Callable[[str], None]
    now: Callable[[], str]
    removes: bool
    """Whether containers of steps are removed, which is then told."""
    no_cache: bool = False
    comment: str = ""
    stands_on: Callable[[str, str], None] | None = None
    """Told of a container, and of the image whose layers it has."""
    known_images: Container[str] | None = None
    """With `--cache-from`: the images that steps may come from; None for any."""
    announce: Callable[[StoredImage], None] = lambda _: None
    """Told of each image that is made, and not of those that are known from before."""
    names_containers: bool = True
    """Whether images tell which container made them, which is never twice the same."""


async def build(classic: Classic) -> str:
    """Solve, tell, and make the images; the id of the last one. Raises what the first failing step raised."""
    plan = classic.plan
    classic.solver.begin(plan.result.vertex)
    total = len(plan.dockerfile.arguments)
    total += sum(1 + _count(plan, index) for index in range(plan.target + 1))
    number = 0
    for argument in plan.dockerfile.arguments:
        number += 1
        classic.write(f"Step {number}/{total} : {argument}\n")
    images: dict[int, StoredImage | None] = {}
    for index in range(plan.target + 1):
        number += 1
        stage = plan.stages[index]
        begin = plan.dockerfile.stages[index].begin
        classic.write(f"Step {number}/{total} : {begin}\n")
        if stage is None:
            number += _count(plan, index)
            classic.write(" ---> Not needed\n")
            continue
        images[index], number = await _stage(classic, stage, images, number, total)
        result = images[index]
        if result is not None:
            classic.aux(result.id)
    if plan.unused:
        classic.write(unused_arguments(plan.unused))
    final = images[plan.target]
    if final is None:
        raise InvalidParameter("No image was generated. Is your Dockerfile empty?")
    return final.id


def _count(plan: BuildPlan, index: int) -> int:
    """The instructions of a stage that are steps: its own, and the labels that the last one gets."""
    stage = plan.stages[index]
    if stage is None:
        return len(plan.dockerfile.stages[index].instructions)
    return len(stage.steps) - stage.triggered


async def _stage(
    classic: Classic, stage: PlannedStage, images: dict[int, StoredImage | None], number: int, total: int
) -> tuple[StoredImage | None, int]:
    image: StoredImage | None = None
    if stage.parent is not None:
        image = images[stage.parent]
    elif stage.image is not None and stage.image.id is not None:
        image = classic.images.by_id(stage.image.id)
    if stage.triggered:
        classic.write(executing_triggers(stage.triggered))
    for step in stage.steps[: stage.triggered]:
        image = await _step(classic, stage, step, image)
    classic.write(f" ---> {short(image.id) if image else ''}\n")
    for step in stage.steps[stage.triggered :]:
        number += 1
        classic.write(f"Step {number}/{total} : {step.text}\n")
        image = await _step(classic, stage, step, image)
        classic.write(f" ---> {short(image.id) if image else ''}\n")
    return image, number


async def _step(classic: Classic, stage: PlannedStage, step: Step, image: StoredImage | None) -> StoredImage:
    if step.remark:
        classic.write(step.remark + "\n")
    base = _platform_of(classic, stage)
    if step.vertex is None:
        chain_id = image.chain_id if image is not None else None
        return await _configured(classic, Made(image, base, step, chain_id, ""))
    snapshot, cached = await _follow(classic, step, image)
    made = Made(image, base, step, snapshot.chain_id, snapshot.label)
    if cached:
        known = _known(classic, made)
        classic.write(" ---> Using cache\n")
        return known or await _create(classic, made, "")
    container_id = snapshot.container_id
    if not isinstance(step.instruction, Run | Transfer):
        container_id = _pretend(classic)
    done = await _create(classic, made, container_id)
    if container_id and classic.removes:
        classic.write(no_longer_there(container_id))
    return done


def _platform_of(classic: Classic, stage: PlannedStage) -> Image:
    while stage.image is None:
        assert stage.parent is not None
        parent = classic.plan.stages[stage.parent]
        assert parent is not None
        stage = parent
    return stage.image.image


async def _configured(classic: Classic, made: Made) -> StoredImage:
    """A step without files."""
    known = None if classic.no_cache else _known(classic, made)
    if known is not None:
        classic.write(" ---> Using cache\n")
        return known
    container_id = _pretend(classic)
    image = await _create(classic, made, container_id)
    if classic.removes:
        classic.write(no_longer_there(container_id))
    return image


def _pretend(classic: Classic) -> str:
    """Docker makes a container for each step, also where nothing runs in it; here its id is all that there is of it."""
    container_id = os.urandom(32).hex()
    classic.write(running_in(container_id))
    return container_id


def _known(classic: Classic, made: Made) -> StoredImage | None:
    image_id = classic.cache.find_step(made.key)
    if image_id is not None and classic.known_images is not None and image_id not in classic.known_images:
        return None
    return classic.images.find(image_id) if image_id is not None else None


async def _create(classic: Classic, made: Made, container_id: str) -> StoredImage:
    told = container_id if classic.names_containers else ""
    image = await asyncio.to_thread(
        create_image, classic.images, made, created=classic.now(), container_id=told, comment=classic.comment
    )
    classic.announce(image)
    classic.cache.add_step(made.key, image.id)
    return image


async def _follow(classic: Classic, step: Step, image: StoredImage | None) -> tuple[Snapshot, bool]:
    """Tell what happens to a vertex until it is complete."""
    assert step.vertex is not None
    waiting = asyncio.ensure_future(classic.solver.solve(step.vertex))
    try:
        async for event in classic.inbox.events(step.vertex, waiting):
            match event:
                case Running(_, container_id):
                    if image is not None and classic.stands_on is not None:
                        classic.stands_on(container_id, image.id)
                    classic.write(running_in(container_id))
                case Output(_, stream, data):
                    text = data.decode("utf-8", "replace")
                    classic.write(text if stream == 1 else stderr(text))
                case Completed(_, _, cached, Snapshot() as result):
                    return result, cached
    finally:
        waiting.cancel()
    raise SystemFailure(f"the end of {step.text!r} was never told")
