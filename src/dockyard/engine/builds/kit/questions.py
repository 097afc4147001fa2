"""Answers what a Dockerfile is asked about itself: nothing is built."""

from dataclasses import replace

from dockyard.builder.dockerfile.lint import LintWarning
from dockyard.builder.dockerfile.source import DockerfileError
from dockyard.builder.frontend.attributes import Attributes
from dockyard.builder.frontend.requests import (
    DESCRIBE,
    LINT,
    OUTLINE,
    TARGETS,
    describe_answer,
    lint_answer,
    outline_answer,
    targets_answer,
)
from dockyard.builder.plan import check_build
from dockyard.engine.builds.kit.events import words
from dockyard.engine.builds.kit.failure import BuildFailed
from dockyard.engine.builds.kit.frontend import Run
from dockyard.errors import DockyardError, InvalidParameter


async def answer(run: Run, attributes: Attributes) -> dict[str, bytes]:
    """The answer as a frontend's metadata. Raises BuildFailed, InvalidParameter for a question that isn't known."""
    match attributes.request:
        case "frontend.subrequests.describe":
            return describe_answer()
        case "frontend.lint":
            return await _lint(run)
        case "frontend.targets":
            dockerfile = await run.read()
            return targets_answer(dockerfile, run.defined.data)
        case "frontend.outline":
            await run.read()
            await run.plan(warns=False)
            return outline_answer(run.planned[0].plan, attributes.arguments, run.defined.data)
    known = ", ".join((LINT, OUTLINE, TARGETS, DESCRIBE))
    raise InvalidParameter(f"unsupported request {attributes.request}: {known} are there")


async def _lint(run: Run) -> dict[str, bytes]:
    """All stages are looked at, those that the target doesn't need, too."""
    warnings: list[LintWarning] = []
    failure: DockyardError | BaseException | None = None
    try:
        dockerfile = await run.read()
        wanted, images = await run.wanted()
        options = replace(wanted[0], ignored=await run.ignored())
        warnings, failure = await check_build(dockerfile, options, images)
    except BuildFailed as failed:
        if run.definition is None:
            raise
        failure = failed.__cause__ or failed
    span = failure.span if isinstance(failure, DockerfileError) else None
    told = None if failure is None else (words(failure), span)
    return lint_answer(run.defined.name, run.defined.data, warnings, told)
