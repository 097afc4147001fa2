"""The solver's events as progress, and what an error of a step is called."""

import asyncio
import json

from dockyard.builder.graph import LocalTree
from dockyard.builder.ops.run import CommandFailed, NotRun
from dockyard.builder.solve import events
from dockyard.engine.builds.kit.progress import CANCELED, Progress


def tell(progress: Progress, event: events.Event) -> None:
    """One event."""
    match event:
        case events.Started(vertex):
            progress.start(vertex.digest)
        case events.Output(vertex, stream, data, time_ns):
            progress.log(vertex.digest, stream, data, time_ns)
        case events.Progress(vertex, name, current, total):
            progress.status(vertex.digest, name, current, total, done=bool(total) and current >= total)
        case events.Completed(vertex, _, cached, _, error):
            shown = cached and not isinstance(vertex.operation, LocalTree)
            progress.complete(vertex.digest, cached=shown, error="" if error is None else words(error))


def words(error: BaseException) -> str:
    """An error in BuildKit's words."""
    if isinstance(error, asyncio.CancelledError):
        return CANCELED
    if isinstance(error, CommandFailed):
        return f"process {_quoted(error.command)} did not complete successfully: exit code: {error.exit_code}"
    if isinstance(error, NotRun):
        return f"process {_quoted(error.command)} did not complete successfully: {error}"
    return str(error)


def _quoted(command: tuple[str, ...]) -> str:
    """As Go's %q prints it."""
    return json.dumps(" ".join(command), ensure_ascii=False)
