"""The contract with whoever runs commands: the engine, in containers with Docker's sandbox."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from dockyard.fs.mount import Mount

Tell = Callable[[int, bytes], None]
"""Called with a stream (1 or 2) and what came on it."""

Say = Callable[[int, bytes], Awaitable[None]]
"""The same for who can wait: done when there is room for more, so that a command that says much is held up."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """Something mounted for a command: a bind of the host's path `source`, or with an empty one memory."""

    target: str
    source: str = ""
    readonly: bool = False
    size_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Command:
    """What to run, on which layers. `host_mounts` are performed before, so that attachments' sources are there.

    `private_env` are variables that nobody else is to see; what has to be written of them is in the `memory`
    (`Executor.private_memory`), which is there then.
    """

    chain_id: str | None
    args: tuple[str, ...]
    env: tuple[str, ...]
    cwd: str
    user: str
    network: str
    insecure: bool
    attachments: tuple[Attachment, ...] = ()
    host_mounts: tuple[Mount, ...] = ()
    private_env: tuple[str, ...] = ()
    memory: str = ""


class Executor(Protocol):
    """Runs commands in containers. What a container wrote stays in its writable layer until it is removed.

    Each goes to `remove` or `keep` when it has ended; what a kill leaves with neither is removed at the next start.
    """

    async def run(self, command: Command, created: Callable[[str], None], say: Say) -> int:
        """Run to the end and return the exit code; `created` is told the container's id before it starts.

        All output has been told when this returns, and nothing is mounted any more. When cancelled, the container is
        gone. Raises DockyardError when it can't be run.
        """

    def private_directory(self) -> str:
        """A new directory that only root can enter, outside of everything that is kept; the caller removes it."""

    def private_memory(self) -> AbstractContextManager[str]:
        """A new directory as `private_directory`, in memory, that is gone after the block; SystemFailure."""

    async def keep(self, container_id: str) -> None:
        """Leave a container that has ended to the user; nothing happens when it is gone."""

    async def remove(self, container_id: str) -> None:
        """Remove a container that has ended; nothing happens when it is gone."""
