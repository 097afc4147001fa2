"""Wait for a condition instead of sleeping: a test says what it waits for and how long at most."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def wait_until(condition: Callable[[], T], what: str, timeout_seconds: float = 10, interval_seconds: float = 0.02) -> T:
    """Call `condition` until its value is true, and return that value. Fails with `what` when the time is over."""
    deadline = time.monotonic() + timeout_seconds
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline, f"waited {timeout_seconds:g} s for {what}; last seen: {value!r}"
        time.sleep(interval_seconds)
