"""`why`: a table of endings and what is made of them."""

import pytest

from dockyard.engine.containers.config import Config, HostConfig
from dockyard.engine.containers.ending import SIGNALS_KEPT, Ending, Sender, SentSignal, Victim, with_signal
from dockyard.engine.containers.health import Health, Probe
from dockyard.engine.containers.record import Container, State
from dockyard.engine.containers.state import Status
from dockyard.engine.containers.why import explain
from dockyard.engine.kernel_log import oom_victim, victim_in

CLIENT = Sender("client", "kill", pid=12, uid=1000, name="docker")
STOP = Sender("client", "stop", pid=13, uid=0, name="docker")
REMOTE = Sender("client", "kill", address="192.0.2.1:5555")
SHUTDOWN = Sender("engine", "stop")
HEALTH = Sender("engine", "unhealthy")
SICK = Health("unhealthy", 3, (Probe(0, 1, 1, "no answer"),))


def ended(code, signal=0, *, oom=False, sent=(), error="", limit=0, health=None):
    signals = tuple(SentSignal(number, 5, by) for number, by in sent)
    return Ending(code, signal, oom, 1, 2, error, signals, memory_limit_bytes=limit, health=health)


def record(ending=None, *, status=Status.EXITED, error="", code=0, finished_at_ns=2):
    state = State(status=status, exit_code=code, error=error, finished_at_ns=finished_at_ns)
    return Container("1" * 64, "c", 0, "sh", (), Config(), HostConfig(), "i", "overlay2", state=state, ending=ending)


TABLE = [
    (ended(0), "done", "it ended by itself, successfully"),
    (ended(3), "failed", "it ended by itself, with exit code 3"),
    (ended(126), "not-executable", "can't be executed: that is what 126 means to shells"),
    (ended(127), "not-found", "isn't there: that is what 127 means to shells"),
    (ended(137, 9), "killed", "SIGKILL, which did not come through this engine"),
    (ended(143, 15), "killed", "SIGTERM, which did not come through this engine"),
    (ended(139, 11), "crashed", "it crashed with SIGSEGV (invalid memory access)"),
    (ended(134, 6), "crashed", "SIGABRT (it gave itself up)"),
    (ended(159, 31), "crashed", "SIGSYS (a system call that its seccomp profile forbids)"),
    (ended(139), "crashed", "SIGSEGV (invalid memory access), which its first process reports of a child"),
    (ended(137), "killed", "its first process reports that a child was ended by SIGKILL"),
    (ended(137, 9, oom=True, limit=32 << 20), "oom", "killed it for lack of memory (limit 32 MiB)"),
    (ended(137, 9, oom=True), "oom", "no limit of its own"),
    (
        ended(1, oom=True, limit=32 << 20),
        "oom",
        "one of its processes for lack of memory (limit 32 MiB)",
    ),
    (ended(137, 9, sent=[(9, CLIENT)]), "stopped", "ended by SIGKILL from docker (pid 12, uid 1000) (kill)"),
    (ended(137, 9, sent=[(9, REMOTE)]), "stopped", "ended by SIGKILL from a client at 192.0.2.1:5555 (kill)"),
    (ended(143, 15, sent=[(15, STOP)]), "stopped", "ended by SIGTERM from docker (pid 13, uid 0) (stop)"),
    (
        ended(0, sent=[(15, STOP)]),
        "stopped",
        "asked to end by SIGTERM from docker (pid 13, uid 0) (stop), and ended with exit code 0",
    ),
    (ended(137, 9, sent=[(15, STOP), (9, STOP)]), "stopped", "ended by SIGKILL from docker (pid 13, uid 0) (stop)"),
    (ended(143, 15, sent=[(15, SHUTDOWN)]), "stopped", "ended by SIGTERM from the engine (stop)"),
    (ended(137, 9, sent=[(1, CLIENT)]), "killed", "did not come through this engine"),
    (ended(139, 11, sent=[(1, CLIENT)]), "crashed", "SIGSEGV"),
    (ended(143, 15, sent=[(15, HEALTH)], health=SICK), "unhealthy", "its health check failed 3 times in a row"),
    (ended(137, 9, sent=[(15, HEALTH), (9, HEALTH)], health=SICK), "unhealthy", "3 times"),
    (ended(137, 9, error="shim died"), "lost", "nobody saw how it ended: shim died"),
    (ended(200), "failed", "with exit code 200"),
]


@pytest.mark.parametrize(("ending", "verdict", "words"), TABLE)
def test_endings(ending, verdict, words):
    reason = explain(record(ending))
    assert (reason.verdict, words in reason.summary) == (verdict, True), reason


PREFIX = (
    "failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: "
    "unable to start container process: error during container init: "
)


@pytest.mark.parametrize(
    ("code", "error", "verdict", "summary"),
    [
        (
            127,
            f'{PREFIX}exec: "x": executable file not found in $PATH',
            "not-found",
            'it did not start, its program isn\'t there: exec: "x": executable file not found in $PATH',
        ),
        (
            126,
            f'{PREFIX}exec: "/etc": permission denied',
            "not-executable",
            'it did not start, its program can\'t be executed: exec: "/etc": permission denied',
        ),
        (128, "driver failed programming external connectivity", "start-failed", "it did not start: driver failed"),
    ],
)
def test_starts_that_failed(code, error, verdict, summary):
    for status, earlier in ((Status.CREATED, None), (Status.EXITED, ended(0))):
        reason = explain(record(earlier, status=status, error=error, code=code))
        assert reason.verdict == verdict
        assert reason.summary.startswith(summary)


def test_without_an_ending():
    assert explain(record(status=Status.CREATED, finished_at_ns=0)).verdict == "created"
    assert explain(record(status=Status.RUNNING)).verdict == "running"
    assert explain(record(ended(139, 11), status=Status.RUNNING)).verdict == "crashed"  # of the run before


def test_a_client_that_sends_a_thousand_signals_fills_no_record():
    sent = ()
    for number in range(1000):
        sent = with_signal(sent, 10, number, CLIENT)
    assert [one.sent_at_ns for one in sent] == list(range(1000 - SIGNALS_KEPT, 1000))


LINE = (
    "6,12,345,-;oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset={0},mems_allowed=0,oom_memcg=/docker/{0},"
    "task_memcg=/docker/{0}{1},task={2},pid={3},uid=0"
)


def test_the_kernels_log_names_the_victim(tmp_path):
    one, other = "a" * 64, "b" * 64
    assert victim_in(LINE.format(one, "", "head", 7), one) == Victim(7, "head")
    assert victim_in(LINE.format(one, "/sub", "a,pid=1,b", 8), one) == Victim(8, "a,pid=1,b")
    assert victim_in(LINE.format(one, "", "head", 7), other) is None
    assert victim_in(f"6,1,1,-;somebody says {one}", one) is None
    log = tmp_path / "kmsg"
    log.write_text(
        "\n".join([LINE.format(one, "", "first", 1), LINE.format(other, "", "x", 2), LINE.format(one, "", "last", 3)])
    )
    assert oom_victim(one, str(log)) == Victim(3, "last")
    assert oom_victim(one, str(tmp_path / "missing")) is None
