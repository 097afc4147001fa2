"""One build's record in the history, from its beginning to its end. Values of secrets are in none; arguments are."""

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from dockyard.engine.builds.kit.events import words
from dockyard.engine.builds.kit.history import History
from dockyard.engine.builds.kit.progress import Progress
from dockyard.wire.buildkit.messages import control, status

_CANCELED, _UNKNOWN = 1, 2


@dataclass(slots=True)
class Recorded:
    """What is to be told of a build when it is over. `answer`: of its exporters."""

    answer: Mapping[str, str] = field(default_factory=dict)


@asynccontextmanager
async def recorded(
    history: History,
    job_id: str,
    frontend: str,
    attributes: Mapping[str, str],
    outputs: list[tuple[str, Mapping[str, str]]],
    progress: Progress,
    clock_ns: Callable[[], int],
) -> AsyncGenerator[Recorded, None]:
    """The record, while the block runs; it ends with it."""
    exporters = [control.Exporter(Type=kind, Attrs=dict(given)) for kind, given in outputs]
    record: Any = control.BuildHistoryRecord(
        Ref=job_id, Frontend=frontend, FrontendAttrs=dict(attributes), Exporters=exporters
    )
    record.CreatedAt.FromNanoseconds(clock_ns())
    history.begin(record)
    told = Recorded()
    try:
        yield told
    except BaseException as error:
        code = _UNKNOWN if isinstance(error, Exception) else _CANCELED
        record.error.CopyFrom(status.Status(code=code, message=words(error)))
        raise
    finally:
        record.CompletedAt.FromNanoseconds(clock_ns())
        record.numTotalSteps, record.numCompletedSteps = progress.steps
        record.numCachedSteps, record.numWarnings = progress.cached_steps, progress.warnings
        record.ExporterResponse.update(told.answer)
        if digest := told.answer.get("containerimage.digest"):
            record.Result.Results[0].CopyFrom(
                control.Descriptor(media_type="application/vnd.docker.container.image.v1+json", digest=digest)
            )
        await history.end(record, progress.messages())
