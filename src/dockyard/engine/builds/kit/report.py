"""What exporters tell, as progress."""

from collections.abc import Generator
from contextlib import contextmanager
from hashlib import sha256
from typing import Self

from dockyard.builder.export.contract import Moved
from dockyard.builder.frontend.lines import Line
from dockyard.engine.builds.kit.events import words
from dockyard.engine.builds.kit.progress import Progress


class ProgressReport:
    """See Report. A line of the build, from the beginning of the block to its end."""

    def __init__(self, progress: Progress, job_id: str, name: str, number: int) -> None:
        self._progress = progress
        self._digest = "sha256:" + sha256(f"{job_id} {number} {name}".encode()).hexdigest()
        self._name = name

    def __enter__(self) -> Self:
        self._progress.announce([Line(self._digest, self._name)])
        self._progress.start(self._digest)
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        del kind, trace
        self._progress.complete(self._digest, error="" if error is None else words(error))

    @contextmanager
    def step(self, name: str) -> Generator[Moved, None, None]:
        """See Report."""
        last = (0, 0)

        def moved(current: int, total: int) -> None:
            nonlocal last
            last = (current, total)
            self._progress.status(self._digest, name, current, total)

        self._progress.status(self._digest, name)
        yield moved
        self._progress.status(self._digest, name, *last, done=True)

    def warn(self, text: str) -> None:
        """See Report."""
        self._progress.status(self._digest, text, done=True)
