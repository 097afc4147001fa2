"""exec of the library: another process in a running container."""

import os
import socket
from pathlib import Path

import pytest
from tests.integration.runtime.harness import Container, Harness, exit_code, receive_descriptor

from dockyard.errors import Conflict, Forbidden, NotFound
from dockyard.runtime.container_exec import exec_process
from dockyard.runtime.container_kill import kill
from dockyard.runtime.container_pause import pause
from dockyard.runtime.container_resume import resume
from dockyard.runtime.launch import Stdio
from dockyard.spec.runtime import Process, User

pytestmark = pytest.mark.root
NAMESPACES = ("cgroup", "ipc", "mnt", "net", "pid", "user", "uts", "time")


def links(pid: int | str) -> dict[str, str]:
    return {name: os.readlink(f"/proc/{pid}/ns/{name}") for name in NAMESPACES}


def test_output_and_exit_code(harness: Harness) -> None:
    result = harness.within(
        harness.document("sleep", "1000"), lambda it: it.exec("sh", "-c", "echo a; echo b >&2; exit 7")
    )
    assert result == (7, "a\n", "b\n")


@pytest.mark.row("D7", "E3")
def test_it_is_where_the_first_process_is(harness: Harness) -> None:
    """Same namespaces and cgroups; its parent is the caller, which inside has no number."""

    def act(container: Container) -> None:
        state = container.init.state
        own = os.readlink("/proc/self/ns/pid_for_children")
        reader, writer = os.pipe2(os.O_CLOEXEC)
        with open("/dev/null", "r+b") as null:
            child = exec_process(
                state,
                Process(cwd="/", args=("/bin/sleep", "1000")),
                stdio=Stdio(null.fileno(), writer, null.fileno()),
            )
        assert links(child.pid) == links(state.pid)
        assert set(state.cgroup().pids()) >= {state.pid, child.pid}
        assert Path(f"/proc/{child.pid}/cgroup").read_text() == Path(f"/proc/{state.pid}/cgroup").read_text()
        assert f"PPid:\t{os.getpid()}\n" in Path(f"/proc/{child.pid}/status").read_text()
        assert os.readlink("/proc/self/ns/pid_for_children") == own
        os.close(writer)
        os.close(reader)

    harness.within(harness.document("sleep", "1000"), act)


def test_inside_its_parent_has_no_number(harness: Harness) -> None:
    result = harness.within(
        harness.document("sleep", "1000"), lambda it: it.exec("sh", "-c", "grep PPid /proc/self/status; echo $PPID")
    )
    assert result.stdout.split()[-1] == "0"


def test_the_caller_stays_where_it_is(harness: Harness) -> None:
    def act(container: Container) -> None:
        before = {name: os.readlink(f"/proc/self/ns/{name}") for name in os.listdir("/proc/self/ns")}
        files = sorted(os.listdir("/proc/self/fd"))
        for _ in range(3):
            container.exec("true")
        assert {name: os.readlink(f"/proc/self/ns/{name}") for name in os.listdir("/proc/self/ns")} == before
        assert len(os.listdir("/proc/self/fd")) <= len(files) + 9  # the pipes of this test, and pidfds that it has

    harness.within(harness.document("sleep", "1000"), act)


@pytest.mark.parametrize(
    ("program", "kind", "message"),
    [
        ("nope", NotFound, 'exec: "nope": executable file not found in $PATH'),
        ("/etc", Forbidden, 'exec: "/etc": is a directory'),
        ("", NotFound, 'exec: "": executable file not found in $PATH'),
    ],
)
def test_a_program_that_can_not_be_executed(harness: Harness, program: str, kind: type, message: str) -> None:
    def act(container: Container) -> str:
        with pytest.raises(kind) as raised:
            container.exec(program)
        return str(raised.value)

    assert harness.within(harness.document("sleep", "1000"), act) == message


def test_user_capabilities_and_environment(harness: Harness) -> None:
    def act(container: Container) -> tuple[str, str]:
        who = container.exec("id", user=User(1000, 1000, additional_gids=(5, 6)))
        environment = container.exec("env", user=User(1000, 1000), env=("PATH=/bin", "A=1", "A=2", "B="))
        return who.stdout, environment.stdout

    who, environment = harness.within(harness.document("sleep", "1000"), act)
    assert who == "uid=1000(app) gid=1000 groups=5,6\n"
    assert sorted(environment.split()) == ["A=2", "B=", "HOME=/home/app", "PATH=/bin"]


def test_into_a_paused_container(harness: Harness) -> None:
    def act(container: Container) -> str:
        state = container.init.state
        pause(state)
        with pytest.raises(Conflict, match="container not running"):
            pause(state)
        assert state.status() == "paused"
        with pytest.raises(Conflict) as raised:
            container.exec("true")
        resume(state)
        with pytest.raises(Conflict, match="container not paused"):
            resume(state)
        assert container.exec("true").code == 0
        return str(raised.value)

    message = harness.within(harness.document("sleep", "1000"), act)
    assert message == "cannot exec in a paused container (use --ignore-paused to override)"


def test_kill_reaches_a_paused_container(harness: Harness) -> None:
    def act(container: Container) -> int:
        pause(container.init.state)
        kill(container.init.state, 9)
        return exit_code(container.init.pid)

    assert harness.within(harness.document("sleep", "1000"), act) == 137


def test_into_a_stopped_container(harness: Harness) -> None:
    def act(container: Container) -> str:
        container.wait()
        with pytest.raises(Conflict) as raised:
            container.exec("true")
        return str(raised.value)

    assert harness.within(harness.document("true"), act) == "cannot exec a container that has stopped"


def test_with_a_terminal(harness: Harness) -> None:
    def act(container: Container) -> tuple[bool, bytes]:
        ours, theirs = socket.socketpair()
        child = exec_process(
            container.init.state,
            Process(terminal=True, cwd="/", args=("sh", "-c", "tty; stty size; exec true"), env=("PATH=/bin",)),
            stdio=Stdio(0, 1, 2),
            console_socket=theirs.fileno(),
        )
        master = receive_descriptor(ours)
        output = b""
        while True:
            try:
                part = os.read(master, 100)
            except OSError:  # EIO: the last one who had it open has ended
                break
            output += part
        return exit_code(child.pid) == 0, output

    ended_well, output = harness.within(harness.document("sleep", "1000"), act)
    assert ended_well
    assert output.startswith(b"/dev/pts/0\r\n")


def test_hundreds_leave_nothing(harness: Harness) -> None:
    def act(container: Container) -> tuple[int, int]:
        before = len(os.listdir("/proc/self/fd"))
        with open("/dev/null", "r+b") as null:
            for _ in range(100):
                child = exec_process(
                    container.init.state,
                    Process(cwd="/", args=("/bin/true",)),
                    stdio=Stdio(null.fileno(), null.fileno(), null.fileno()),
                )
                os.waitpid(child.pid, 0)
                os.close(child.pidfd)
        return before, len(os.listdir("/proc/self/fd"))

    before, after = harness.within(harness.document("sleep", "1000"), act)
    assert before == after


def test_the_executed_program_is_seen_at_once(harness: Harness) -> None:
    """execve has happened when exec returns: nobody can see the interpreter in its place."""

    def act(container: Container) -> list[str]:
        names = []
        with open("/dev/null", "r+b") as null:
            for _ in range(20):
                child = exec_process(
                    container.init.state,
                    Process(cwd="/", args=("/bin/sleep", "1000")),
                    stdio=Stdio(null.fileno(), null.fileno(), null.fileno()),
                )
                names.append(Path(f"/proc/{child.pid}/comm").read_text().strip())
        return names

    assert set(harness.within(harness.document("sleep", "1000"), act)) == {"sleep"}
