"""When an exited container is started again: a table."""

import pytest

from dockyard.engine.containers.config import RestartPolicy
from dockyard.engine.containers.restart_policy import Restart, after_daemon_start, after_exit


@pytest.mark.parametrize(
    ("policy", "code", "stopped", "count", "ran", "last", "expected"),
    [
        (RestartPolicy("no"), 1, False, 0, 1, 0, None),
        (RestartPolicy("always"), 0, False, 0, 1, 0, Restart(0.1)),
        (RestartPolicy("always"), 0, True, 0, 1, 0, None),
        (RestartPolicy("always"), 1, False, 1, 1, 0.1, Restart(0.2)),
        (RestartPolicy("always"), 1, False, 9, 1, 51.2, Restart(60.0)),
        (RestartPolicy("always"), 1, False, 9, 11, 51.2, Restart(0.1)),
        (RestartPolicy("unless-stopped"), 0, False, 0, 1, 0, Restart(0.1)),
        (RestartPolicy("on-failure"), 0, False, 0, 1, 0, None),
        (RestartPolicy("on-failure"), 1, False, 0, 1, 0, Restart(0.1)),
        (RestartPolicy("on-failure", 2), 1, False, 1, 1, 0.1, Restart(0.2)),
        (RestartPolicy("on-failure", 2), 1, False, 2, 1, 0.2, None),
    ],
)
def test_after_exit(policy, code, stopped, count, ran, last, expected):
    assert expected == after_exit(
        policy, exit_code=code, stop_requested=stopped, restart_count=count, ran_seconds=ran, last_wait_seconds=last
    )


@pytest.mark.parametrize(
    ("name", "failed", "stopped", "expected"),
    [
        ("no", True, False, False),
        ("always", False, True, True),
        ("unless-stopped", False, True, False),
        ("unless-stopped", False, False, True),
        ("on-failure", True, False, True),
        ("on-failure", False, False, False),
    ],
)
def test_after_daemon_start(name, failed, stopped, expected):
    assert after_daemon_start(RestartPolicy(name), was_running=failed, manually_stopped=stopped) is expected
