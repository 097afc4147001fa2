"""Joins pieces that are ready at once into larger ones, without holding back any that is not followed by another.

A log of short lines would otherwise cost a chunk and a system call for each. Whether the next piece is ready can't be
asked of an asynchronous iterator; so its next step is driven by hand: when it finishes at once there is a piece, and
when it yields instead (it would wait), what has been gathered goes out first and the same step is then driven to its
end, in the same task, so that nothing inside notices.

PEP 525 and PEP 492 define the steps that are driven here (`__anext__`, `send`, `throw`).
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Generator
from typing import Any

TARGET_BYTES = 1 << 16

Step = Generator[Any, Any, bytes]


class _Driven:
    """Awaits a step that stands at a yield of `yielded`, or throws `error` into it first."""

    __slots__ = ("_error", "_step", "_yielded")

    def __init__(self, step: Step, yielded: Any = None, error: BaseException | None = None) -> None:
        self._step = step
        self._yielded = yielded
        self._error = error

    def __await__(self) -> Step:
        try:
            yielded = self._yielded if self._error is None else self._step.throw(self._error)
            while True:
                try:
                    sent = yield yielded
                except BaseException as error:
                    yielded = self._step.throw(error)
                else:
                    yielded = self._step.send(sent)
        except StopIteration as finished:
            piece: bytes = finished.value
            return piece


async def coalesce(pieces: AsyncIterator[bytes], target_bytes: int = TARGET_BYTES) -> AsyncIterator[bytes]:
    """The bytes of `pieces`, in pieces of at least `target_bytes` while more is ready; closes `pieces` at the end."""
    gathered: list[bytes] = []
    size_bytes = 0
    try:
        while True:
            step: Any = pieces.__anext__()
            try:
                yielded = step.send(None)
            except StopIteration as finished:
                piece: bytes = finished.value
            except StopAsyncIteration:
                break
            else:
                if gathered:
                    try:
                        yield b"".join(gathered)
                    except BaseException:
                        await _abandon(step)
                        raise
                    gathered, size_bytes = [], 0
                try:
                    piece = await _Driven(step, yielded)
                except StopAsyncIteration:
                    break
            gathered.append(piece)
            size_bytes += len(piece)
            if size_bytes >= target_bytes:
                yield b"".join(gathered)
                gathered, size_bytes = [], 0
        if gathered:
            yield b"".join(gathered)
    finally:
        close = getattr(pieces, "aclose", None)
        if close is not None:
            await close()


async def _abandon(step: Step) -> None:
    """Ends a step that is suspended, as a cancelled task would: an iterator can't be closed in the middle of one."""
    with contextlib.suppress(asyncio.CancelledError, StopAsyncIteration):
        await _Driven(step, error=asyncio.CancelledError())
