"""The exit code of a container that is about to run: asked for before its start, answered at its end."""

from __future__ import annotations

from dockyard.cli.session import Session
from dockyard.client import containers
from dockyard.client.engine import EngineClient
from dockyard.errors import DockyardError


class ExitCode:
    """An open request to wait for the container's next end (or, with `removed`, for its removal)."""

    def __init__(self, client: EngineClient, container: str, *, removed: bool = False) -> None:
        self._response = containers.wait(client, container, "removed" if removed else "next-exit")

    def result(self, session: Session) -> int:
        """Waits for the end and returns the exit code; 125 when the daemon couldn't tell it, after its message."""
        try:
            answer = self._response.json()
        except DockyardError as error:
            session.error(f"error waiting for container: {error}")
            return 125
        finally:
            self._response.connection.close()
        if not isinstance(answer, dict) or "StatusCode" not in answer:
            session.error("error waiting for container: unexpected EOF")
            return 125
        message = (answer.get("Error") or {}).get("Message", "")
        if message:
            session.error(f"error waiting for container: {message}")
            return 125
        return int(answer["StatusCode"])
