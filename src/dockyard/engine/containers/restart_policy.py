"""Whether and when an exited container is started again: a pure function of policy, exit and history.

The rules are Docker's: `always` and `unless-stopped` after every exit that nobody asked for, `on-failure[:N]` after a
non-zero exit at most N times; the wait doubles from 100 ms up to a minute and begins anew after 10 s of running.
"""

from dataclasses import dataclass

from dockyard.engine.containers.config import RestartPolicy

FIRST_WAIT_SECONDS = 0.1
LONGEST_WAIT_SECONDS = 60.0
STABLE_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Restart:
    """Start again after `wait_seconds`; `wait_seconds` is also what the next decision is told as the last wait."""

    wait_seconds: float


def after_exit(
    policy: RestartPolicy,
    *,
    exit_code: int,
    stop_requested: bool,
    restart_count: int,
    ran_seconds: float,
    last_wait_seconds: float,
    unhealthy: bool = False,
) -> Restart | None:
    """What follows an exit: a restart, or None. `unhealthy`: it was ended in order to be started again."""
    if stop_requested or (policy.name in ("", "no") and not unhealthy):
        return None
    if unhealthy:
        pass  # whatever the policy says
    elif policy.name == "on-failure":
        if exit_code == 0:
            return None
        if policy.maximum_retry_count and restart_count >= policy.maximum_retry_count:
            return None
    if ran_seconds >= STABLE_SECONDS or last_wait_seconds == 0:
        return Restart(FIRST_WAIT_SECONDS)
    return Restart(min(last_wait_seconds * 2, LONGEST_WAIT_SECONDS))


def after_daemon_start(
    policy: RestartPolicy, *, was_running: bool, manually_stopped: bool, unhealthy: bool = False
) -> bool:
    """Whether a container that has no process is started when the daemon starts (boot or crash of the machine).

    `unhealthy`: the earlier daemon had ended it in order to start it again.
    """
    if unhealthy and not manually_stopped:
        return True
    if policy.name == "always":
        return True
    if policy.name == "unless-stopped":
        return not manually_stopped
    return policy.name == "on-failure" and was_running
