"""The STATUS column of `docker ps`: the daemon writes it, the client only prints it."""

from dockyard.engine.containers.record import State
from dockyard.engine.containers.state import Status
from dockyard.server.docker.wire.durations import human_duration


def status_text(state: State, now_ns: int) -> str:
    """`Up 4 seconds`, `Up 2 hours (Paused)`, `Exited (0) 3 days ago`, …; `now_ns` since the epoch."""
    match state.status:
        case Status.RUNNING:
            return f"Up {human_duration(now_ns - state.started_at_ns)}{_health(state)}"
        case Status.PAUSED:
            return f"Up {human_duration(now_ns - state.started_at_ns)} (Paused)"
        case Status.RESTARTING:
            return f"Restarting ({state.exit_code}) {human_duration(now_ns - state.finished_at_ns)} ago"
        case Status.REMOVING:
            return "Removal In Progress"
        case Status.DEAD:
            return "Dead"
        case Status.CREATED:
            return "Created"
        case Status.EXITED if not state.finished_at_ns:
            return "Created"  # a start that failed before there was a process leaves an exit code without a start
        case Status.EXITED:
            return f"Exited ({state.exit_code}) {human_duration(now_ns - state.finished_at_ns)} ago"


def _health(state: State) -> str:
    """` (healthy)` and the like; nothing for a container without a health check."""
    if state.health is None:
        return ""
    return " (health: starting)" if state.health.status == "starting" else f" ({state.health.status})"
