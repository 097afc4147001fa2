"""Whether a container is healthy: pure functions from a configuration and the outcomes of its probes to a verdict.

Docker's rules (Dockerfile reference, HEALTHCHECK): a probe that exits with 0 makes the container healthy at once;
`retries` failures in a row make it unhealthy; failures within the start period of a container that has never been
healthy don't count, and during it probes follow each other at `start_interval`.
"""

from typing import Literal

import msgspec

from dockyard.engine.containers.config import HealthConfig
from dockyard.errors import InvalidParameter

SECOND_NS = 1_000_000_000
DEFAULT_INTERVAL_NS = 30 * SECOND_NS
DEFAULT_TIMEOUT_NS = 30 * SECOND_NS
DEFAULT_START_INTERVAL_NS = 5 * SECOND_NS
DEFAULT_RETRIES = 3
SHORTEST_NS = 1_000_000
PROBES_KEPT = 5
LARGEST_OUTPUT_BYTES = 4096

TIMED_OUT = -1
"""Exit code of a probe that was given up."""

Verdict = Literal["starting", "healthy", "unhealthy"]


class Probe(msgspec.Struct, frozen=True, rename="pascal"):
    """One run of the test; times in nanoseconds since the epoch."""

    start_ns: int
    end_ns: int
    exit_code: int
    output: str


class Health(msgspec.Struct, frozen=True, rename="pascal"):
    """What is known of a running container's health; `log` has the last probes, the newest last."""

    status: Verdict = "starting"
    failing_streak: int = 0
    log: tuple[Probe, ...] = ()


def is_checked(config: HealthConfig | None) -> bool:
    """Whether there is something to run: a test that isn't NONE."""
    return config is not None and bool(config.test) and (config.test or ("NONE",))[0] != "NONE"


def check_config(config: HealthConfig | None) -> None:
    """Raises InvalidParameter, in Docker's words, for durations and counts that make no sense."""
    if config is None:
        return
    durations = (
        ("Interval", config.interval),
        ("Timeout", config.timeout),
        ("StartPeriod", config.start_period),
        ("StartInterval", config.start_interval),
    )
    for name, value in durations:
        if value and value < SHORTEST_NS:
            raise InvalidParameter(f"{name} in Healthcheck cannot be less than 1ms")
    if config.retries < 0:
        raise InvalidParameter("Retries in Healthcheck cannot be negative")


def merged(own: HealthConfig | None, image: HealthConfig | None) -> HealthConfig | None:
    """The user's health check, with what it leaves open taken from the image's."""
    if own is None or image is None:
        return own or image
    return HealthConfig(
        test=own.test or image.test,
        interval=own.interval or image.interval,
        timeout=own.timeout or image.timeout,
        start_period=own.start_period or image.start_period,
        start_interval=own.start_interval or image.start_interval,
        retries=own.retries or image.retries,
    )


def command(config: HealthConfig, shell: tuple[str, ...]) -> tuple[str, ...]:
    """What a probe executes: the words of CMD, or the text of CMD-SHELL given to `shell`."""
    kind, *words = config.test or ("NONE",)
    if kind == "CMD-SHELL":
        return (*(shell or ("/bin/sh", "-c")), *words)
    if kind == "CMD":
        return tuple(words)
    raise InvalidParameter(f'Unknown healthcheck type "{kind}" (expected "CMD", "CMD-SHELL" or "NONE")')


def timeout_seconds(config: HealthConfig) -> float:
    """How long a probe may take."""
    return (config.timeout or DEFAULT_TIMEOUT_NS) / SECOND_NS


def pause_seconds(config: HealthConfig, health: Health, running_ns: int) -> float:
    """How long to wait before the next probe of a container that has been running for `running_ns`."""
    if health.status == "starting" and running_ns < config.start_period:
        return (config.start_interval or DEFAULT_START_INTERVAL_NS) / SECOND_NS
    return (config.interval or DEFAULT_INTERVAL_NS) / SECOND_NS


def after_probe(config: HealthConfig, health: Health, probe: Probe, running_ns: int) -> Health:
    """The verdict after one more probe, at the time when the container has been running for `running_ns`."""
    log = (*health.log, probe)[-PROBES_KEPT:]
    if probe.exit_code == 0:
        return Health("healthy", 0, log)
    if health.status == "starting" and running_ns < config.start_period:
        return Health("starting", health.failing_streak, log)
    streak = health.failing_streak + 1
    status: Verdict = "unhealthy" if streak >= (config.retries or DEFAULT_RETRIES) else health.status
    return Health(status, streak, log)
