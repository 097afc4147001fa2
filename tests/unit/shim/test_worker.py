"""Workers: forks of the shim that do one thing with the runtime."""

import os
import time

import pytest

from dockyard.errors import Conflict, DeadlineExceeded, SystemFailure
from dockyard.shim.worker import Outcome, Worker


def no_report(error: BaseException) -> None:
    raise AssertionError(error)


def refuse() -> Outcome:
    raise Conflict("it is so")


def sleep() -> Outcome:
    time.sleep(60)
    return Outcome({})


def test_what_it_finds_out_and_what_it_raises() -> None:
    assert Worker(lambda: Outcome({"pid": os.getppid()}), no_report).join().answer == {"pid": os.getpid()}
    with pytest.raises(Conflict, match="it is so"):
        Worker(refuse, no_report).join()
    with pytest.raises(SystemFailure, match="was killed"):
        Worker(lambda: os._exit(3), no_report).join()


def test_one_that_takes_too_long_is_killed() -> None:
    worker = Worker(sleep, no_report)
    with pytest.raises(DeadlineExceeded, match="within 0 seconds"):
        worker.join(0.1)
    with pytest.raises(ProcessLookupError):
        os.kill(worker.pid, 0)
