"""What `dockyard stop` and `dockyard restart` have in common: their flags, and one call for each container."""

from __future__ import annotations

from dockyard.cli.flags.kinds import INT, STRING
from dockyard.cli.flags.spec import Flag, Parsed
from dockyard.cli.session import Session
from dockyard.cli.several import for_each

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    from dockyard.client.engine import EngineClient

    class Stop(Protocol):
        """A call of the API that begins with stopping a container."""

        def __call__(
            self, client: EngineClient, ref: str, *, timeout_seconds: int | None = None, signal: str = ""
        ) -> None: ...


FLAGS = (
    Flag("signal", "s", STRING, "Signal to send"),
    Flag("timeout", "t", INT, "Seconds to wait before killing"),
    Flag("time", "", INT, "Seconds to wait before killing", hidden=True),
)


def stop_each(session: Session, options: Parsed, stop: Stop) -> int:
    """Calls `stop` for each container that is named, and prints the names."""
    timeout = options["time"] if options["timeout"] is None else options["timeout"]

    def one(name: str) -> str:
        stop(session.client, name, timeout_seconds=timeout, signal=options["signal"] or "")
        return name

    return for_each(session, options.arguments, one)
