"""Kill daemon, supervisor or both at a chosen moment, and look at what a container lost."""

import os
import random
import signal
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Literal

from tests.support.engine import Engine, is_alive
from tests.support.wait import wait_until

Victim = Literal["daemon", "supervisor", "both"]
VICTIMS: Sequence[Victim] = ("daemon", "supervisor", "both")


def kill(engine: Engine, victim: Victim) -> None:
    """SIGKILL; returns when the victims are gone.

    A supervisor that is dead already (its pidfile is not yet that of the next one) counts as killed.
    """
    pids = [engine.pid] if victim != "supervisor" else []
    if victim != "daemon":
        pids.append(engine.supervisor_pid)
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not any(map(is_alive, pids)), f"{victim} to be gone")


def kill_at_random(engine: Engine, seconds: float, source: random.Random) -> Victim:
    """Kill one of the victims after a random part of `seconds`; returns which."""
    victim = source.choice(VICTIMS)
    time.sleep(source.uniform(0, seconds))
    kill(engine, victim)
    return victim


def log_lines(engine: Engine, container: str) -> list[str]:
    """The container's log as it is on disk, without the daemon's help: one JSON object a line."""
    path = Path(engine.data / "containers" / container / f"{container}-json.log")
    return path.read_text().splitlines() if path.exists() else []
