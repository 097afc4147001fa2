"""Answers what a Dockerfile is asked about itself: nothing is built."""

from dockyard.builder.dockerfile.lint import lint
from dockyard.builder.dockerfile.source import DockerfileError, Span
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
    error: tuple[str, Span | None] | None = None
    try:
        await run.read()
        await run.plan(warns=False)
    except BuildFailed as failed:
        if run.definition is None:
            raise
        cause: DockyardError | BaseException | None = failed.__cause__
        error = (str(failed), cause.span if isinstance(cause, DockerfileError) else None)
    if run.planned:
        warnings = list(run.planned[0].plan.warnings)
    else:
        warnings = lint(run.dockerfile) if run.dockerfile is not None else []
    return lint_answer(run.defined.name, run.defined.data, warnings, error)
