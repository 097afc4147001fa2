"""Restart when unhealthy: who wants it, when it acts, and what the restart policy makes of it."""

import pytest

from dockyard.engine.containers.config import RestartPolicy
from dockyard.engine.containers.ending import Sender, SentSignal
from dockyard.engine.containers.restart_policy import Restart, after_daemon_start, after_exit
from dockyard.engine.containers.unhealthy import LABEL, check_label, ended_so, is_wanted, must_end
from dockyard.errors import InvalidParameter

HEALTH = SentSignal(15, 1, Sender("engine", "unhealthy"))
STOP = SentSignal(15, 2, Sender("client", "stop"))


@pytest.mark.parametrize(
    ("labels", "by_default", "wanted"),
    [
        (None, False, False),
        (None, True, True),
        ({}, True, True),
        ({LABEL: "true"}, False, True),
        ({LABEL: "1"}, False, True),
        ({LABEL: "Yes"}, False, True),
        ({LABEL: "false"}, True, False),
        ({LABEL: ""}, True, False),
        ({"other": "true"}, False, False),
    ],
)
def test_who_wants_it(labels, by_default, wanted):
    check_label(labels)
    assert is_wanted(labels, by_default=by_default) is wanted


def test_a_label_that_says_neither_is_refused():
    with pytest.raises(InvalidParameter, match="must be true or false"):
        check_label({LABEL: "perhaps"})


@pytest.mark.parametrize(
    ("wanted", "before", "after", "stop_requested", "ends"),
    [
        (True, "starting", "unhealthy", False, True),
        (True, "healthy", "unhealthy", False, True),
        (True, None, "unhealthy", False, True),
        (True, "unhealthy", "unhealthy", False, False),  # it is being ended already
        (True, "healthy", "healthy", False, False),
        (True, "unhealthy", "healthy", False, False),
        (True, "healthy", "unhealthy", True, False),
        (False, "healthy", "unhealthy", False, False),
    ],
)
def test_when_it_acts(wanted, before, after, stop_requested, ends):
    assert must_end(wanted=wanted, before=before, after=after, stop_requested=stop_requested) is ends


@pytest.mark.parametrize(
    ("signals", "so"), [((), False), ((HEALTH,), True), ((STOP, HEALTH), True), ((HEALTH, STOP), False)]
)
def test_the_last_word_counts(signals, so):
    assert ended_so(signals) is so


@pytest.mark.parametrize("policy", ["", "no", "on-failure", "always", "unless-stopped"])
def test_it_starts_again_with_any_policy(policy):
    facts = {"restart_count": 9, "ran_seconds": 30.0, "last_wait_seconds": 0.4}
    wanted = RestartPolicy(policy, 2 if policy == "on-failure" else 0)
    again = after_exit(wanted, exit_code=0, stop_requested=False, unhealthy=True, **facts)
    assert again == Restart(0.1)
    assert after_exit(wanted, exit_code=0, stop_requested=True, unhealthy=True, **facts) is None
    assert after_daemon_start(wanted, was_running=True, manually_stopped=False, unhealthy=True)


def test_it_backs_off():
    facts = {"exit_code": 137, "stop_requested": False, "restart_count": 0, "ran_seconds": 2.0, "unhealthy": True}
    assert after_exit(RestartPolicy("no"), last_wait_seconds=0.4, **facts) == Restart(0.8)
    assert after_exit(RestartPolicy("no"), last_wait_seconds=50, **facts) == Restart(60.0)


def test_who_is_stopped_by_hand_stays_so():
    assert not after_daemon_start(RestartPolicy("no"), was_running=True, manually_stopped=True, unhealthy=True)
