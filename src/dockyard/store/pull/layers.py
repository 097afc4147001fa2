"""The blobs of one image become layers while they arrive.

Downloads run on the event loop, unpacking in threads (layers/register.py); each layer's blob is read behind the point
to which it has been fetched. The first failure, on either side, ends both.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from functools import partial

from dockyard.errors import DockyardError
from dockyard.store.distribution.events import LayerProgress, LayerStatus, Tell
from dockyard.store.layers import Layer, LayerStore
from dockyard.store.layers.register import Wanted
from dockyard.store.pull.download import Phase, Source
from dockyard.store.pull.downloads import Downloads, Ticket
from dockyard.store.pull.plan import LayerStep, digits
from dockyard.store.threads import RunInThread

TOLD_SECONDS = 0.1
"""How often a layer's progress is told at most, as in Docker."""


class LayerLine:
    """One layer's line in the client's terminal."""

    def __init__(self, step: LayerStep, tell: Tell, failed: Callable[[], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._tell = tell
        self._failed = failed
        self._id = digits(step.blob.digest)
        self._size = step.blob.size
        self._next = 0.0
        self._verifying = False
        self.phase = Phase.WAITING

    def say(self, text: str) -> None:
        """A step of the layer's life."""
        self._tell(LayerStatus(self._id, text))

    def moved(self, phase: Phase, current: int) -> None:
        """See Listener."""
        before, self.phase = self.phase, phase
        if phase is Phase.DONE and before is not Phase.DONE:
            if not self._verifying:
                self.say("Verifying Checksum")
            self.say("Download complete")
            self._next = 0.0
        elif phase is Phase.FETCHING and current >= self._size and not self._verifying:
            self._verifying = True
            self.say("Verifying Checksum")
        elif phase is Phase.FETCHING and current and self._is_time():
            self._tell(LayerProgress(self._id, "Downloading", current, self._size))
        elif phase is Phase.FAILED:
            self._failed()

    def retrying(self, seconds: int) -> None:
        """See Listener."""
        self.say(f"Retrying in {seconds} second{'s' if seconds != 1 else ''}")

    def read(self, position: int) -> None:
        """So much of the blob has been unpacked; called by the thread that does it."""
        if self.phase is Phase.DONE and position and self._is_time():
            event = LayerProgress(self._id, "Extracting", position, self._size)
            self._loop.call_soon_threadsafe(self._tell, event)

    def _is_time(self) -> bool:
        now = time.monotonic()
        if now < self._next:
            return False
        self._next = now + TOLD_SECONDS
        return True


async def have_layers(
    layers: LayerStore,
    downloads: Downloads,
    steps: Sequence[LayerStep],
    there: int,
    sources: Callable[[LayerStep], Sequence[Source]],
    tell: Tell,
    run: RunInThread,
) -> None:
    """Have all layers of an image; the lowest `there` of them are here already.

    Hold a lease on their chain ids. Raises the first thing that went wrong; layers below may then remain until the next
    `collect`.
    """
    tickets: list[Ticket] = []
    loop = asyncio.get_running_loop()

    def failed() -> None:
        for ticket in tickets:
            ticket.abandon()

    lines = [LayerLine(step, tell, failed) for step in steps]
    for index, line in enumerate(lines):
        line.say("Already exists" if index < there else "Pulling fs layer")
    work: asyncio.Future[list[Layer]] | None = None
    try:
        for step, line in zip(steps[there:], lines[there:], strict=True):
            ticket = downloads.want(step.blob.digest, step.blob.size, sources(step), line)
            ticket.on_read = line.read
            tickets.append(ticket)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        for line in lines[there:]:
            if line.phase is Phase.WAITING:
                line.say("Waiting")

        def registered(index: int) -> None:
            if index >= there:
                loop.call_soon_threadsafe(lines[index].say, "Pull complete")

        wanted = [Wanted(step.diff_id, partial(_blob, tickets, index - there)) for index, step in enumerate(steps)]
        work = asyncio.ensure_future(run(layers.register_stack, wanted, None, registered))
        await asyncio.shield(work)
    except BaseException as error:
        failed()
        if work is not None:
            await _ended(work)
        cause = _cause(tickets, error)
        if cause is error:
            raise
        raise cause from error
    finally:
        for ticket in tickets:
            await ticket.release()


def _blob(tickets: Sequence[Ticket], index: int) -> Ticket:
    return tickets[index]


def _cause(tickets: Sequence[Ticket], error: BaseException) -> BaseException:
    """What went wrong first: a download that failed explains the unpacking that did."""
    if not isinstance(error, DockyardError):
        return error
    return next((ticket.error for ticket in tickets if ticket.error is not None), error)


async def _ended(work: "asyncio.Future[list[Layer]]") -> None:
    """Waits for the threads, whatever comes: they write into directories that the caller removes."""
    while not work.done():
        try:
            await asyncio.wait([work])
        except asyncio.CancelledError:
            continue
    if not work.cancelled():
        work.exception()
