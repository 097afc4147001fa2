"""What probes mean: a table of verdicts, and the waits between probes."""

import pytest

from dockyard.engine.containers.config import HealthConfig
from dockyard.engine.containers.health import (
    SECOND_NS,
    Health,
    Probe,
    after_probe,
    check_config,
    command,
    is_checked,
    merged,
    pause_seconds,
)
from dockyard.errors import InvalidParameter

GOOD, BAD = Probe(0, 1, 0, "fine"), Probe(0, 1, 1, "broken")
CONFIG = HealthConfig(test=("CMD", "true"), retries=2, start_period=10 * SECOND_NS)


@pytest.mark.parametrize(
    ("before", "probe", "running_seconds", "status", "streak"),
    [
        (Health("starting"), GOOD, 1, "healthy", 0),
        (Health("starting"), BAD, 1, "starting", 0),
        (Health("starting"), BAD, 11, "starting", 1),
        (Health("starting", 1), BAD, 11, "unhealthy", 2),
        (Health("healthy"), BAD, 1, "healthy", 1),
        (Health("healthy", 1), BAD, 1, "unhealthy", 2),
        (Health("healthy", 1), GOOD, 1, "healthy", 0),
        (Health("unhealthy", 5), BAD, 99, "unhealthy", 6),
        (Health("unhealthy", 5), GOOD, 99, "healthy", 0),
    ],
)
def test_verdicts(before, probe, running_seconds, status, streak):
    after = after_probe(CONFIG, before, probe, running_seconds * SECOND_NS)
    assert (after.status, after.failing_streak) == (status, streak)


def test_the_last_five_probes_are_kept():
    verdict = Health()
    for number in range(7):
        verdict = after_probe(CONFIG, verdict, Probe(number, number, 0, ""), 0)
    assert [probe.start_ns for probe in verdict.log] == [2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    ("status", "running_seconds", "pause"), [("starting", 1, 5.0), ("starting", 11, 30.0), ("healthy", 1, 30.0)]
)
def test_pauses(status, running_seconds, pause):
    assert pause_seconds(CONFIG, Health(status), running_seconds * SECOND_NS) == pause


def test_commands():
    assert command(HealthConfig(test=("CMD", "a", "b")), ()) == ("a", "b")
    assert command(HealthConfig(test=("CMD-SHELL", "a b")), ()) == ("/bin/sh", "-c", "a b")
    assert command(HealthConfig(test=("CMD-SHELL", "a b")), ("/bin/ash", "-c")) == ("/bin/ash", "-c", "a b")
    with pytest.raises(InvalidParameter, match='Unknown healthcheck type "odd"'):
        command(HealthConfig(test=("odd",)), ())


def test_what_is_checked_and_what_is_inherited():
    assert not is_checked(None)
    assert not is_checked(HealthConfig(test=("NONE",)))
    assert not is_checked(HealthConfig(interval=SECOND_NS))
    image = HealthConfig(test=("CMD", "x"), interval=7 * SECOND_NS)
    assert merged(HealthConfig(interval=SECOND_NS), image) == HealthConfig(test=("CMD", "x"), interval=SECOND_NS)
    assert merged(None, image) == image
    assert merged(image, None) == image


@pytest.mark.parametrize("config", [HealthConfig(interval=1), HealthConfig(timeout=-1), HealthConfig(retries=-1)])
def test_senseless_values(config):
    with pytest.raises(InvalidParameter):
        check_config(config)
