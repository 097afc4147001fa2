"""create, start, state, kill, delete of the library: runtime-spec v1.2 runtime.md."""

import os
import signal
import time
from pathlib import Path

import pytest
from tests.integration.runtime.harness import Container, Harness, Streams, exit_code, forked

from dockyard.errors import AlreadyExists, Conflict, Forbidden, InvalidParameter, NotFound, SystemFailure
from dockyard.runtime import container_state
from dockyard.runtime.container_create import create
from dockyard.runtime.container_delete import delete
from dockyard.runtime.container_kill import kill
from dockyard.runtime.container_start import start
from dockyard.spec.runtime import spec_from_json

pytestmark = pytest.mark.root


def test_output_and_exit_code(harness: Harness) -> None:
    output = harness.run(harness.shell("echo out; echo err >&2; exit 42"))
    assert output == (42, "out\n", "err\n")


def test_the_program_does_not_run_before_start(harness: Harness) -> None:
    def act() -> tuple[str, bool, str, bool]:
        with harness.created(spec_from_json(harness.document("touch", "/began"))) as container:
            before = container.init.state.status(), os.path.exists(harness.rootfs / "began")
            container.init.start()
            container.wait()
            return *before, container.init.state.status(), os.path.exists(harness.rootfs / "began")

    assert forked(act) == ("created", False, "stopped", True)


def test_nothing_is_left(harness: Harness) -> None:
    document = harness.document("true")
    harness.run(document)
    assert not os.path.exists(harness.state_root / "tested")
    assert not any(map(os.path.exists, harness._cgroups(document)))


@pytest.mark.row("D8")
def test_all_processes_end_with_the_first(harness: Harness) -> None:
    def act(container: Container) -> bool:
        container.line()
        background = [pid for pid in container.init.state.cgroup().pids() if pid != container.init.pid]
        assert background
        kill(container.init.state, signal.SIGKILL)
        exit_code(container.init.pid)
        deadline = time.monotonic() + 5
        while any(os.path.exists(f"/proc/{pid}") for pid in background) and time.monotonic() < deadline:
            time.sleep(0.01)
        return any(os.path.exists(f"/proc/{pid}") for pid in background)

    assert harness.within(harness.shell("sleep 1000 & echo; sleep 1000"), act) is False


@pytest.mark.row("N1")
def test_a_detached_container_is_started_by_another_process(harness: Harness) -> None:
    def creator() -> None:
        streams = Streams()
        create(
            spec_from_json(harness.shell("echo hello > /b; mv /b /began; sleep 1000")),
            str(harness.bundle),
            "apart",
            state_root=str(harness.state_root),
            stdio=streams.stdio,
            detached=True,
        )
        os._exit(0)

    def act() -> list[str]:
        pid = os.fork()
        if pid == 0:
            creator()
        os.waitpid(pid, 0)
        (harness.bundle / "config.json").write_text('{"ociVersion": "1.2.0"}')
        statuses = []
        state = container_state.load(str(harness.state_root), "apart")
        statuses.append(state.status())
        start(state)
        deadline = time.monotonic() + 5
        while not (harness.rootfs / "began").exists() and time.monotonic() < deadline:
            time.sleep(0.005)
        statuses.append(state.status())
        with pytest.raises(Conflict, match="cannot start an already running container"):
            start(state)
        with pytest.raises(Conflict, match=r"^cannot delete container apart that is not stopped: running$"):
            delete(state)
        kill(state, signal.SIGKILL)
        os.waitpid(state.pid, 0)
        statuses.append(state.status())
        with pytest.raises(Conflict, match="container not running"):
            kill(state, signal.SIGTERM)
        delete(state)
        with pytest.raises(NotFound, match="container does not exist"):
            container_state.load(str(harness.state_root), "apart")
        return statuses

    assert forked(act) == ["created", "running", "stopped"]
    assert (harness.rootfs / "began").read_text() == "hello\n"


def test_a_created_container_ends_with_its_creator(harness: Harness) -> None:
    def act() -> bool:
        reader, writer = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(reader)
            streams = Streams()
            made = create(
                spec_from_json(harness.document("sleep", "1000")),
                str(harness.bundle),
                "tested",
                state_root=str(harness.state_root),
                stdio=streams.stdio,
            )
            os.write(writer, str(made.pid).encode())
            os.kill(os.getpid(), signal.SIGKILL)
        init = int(os.read(reader, 10))
        os.waitpid(pid, 0)
        return exit_code(init) == 1

    assert forked(act)


def test_a_created_container_is_deleted_without_force(harness: Harness) -> None:
    def act() -> bool:
        streams = Streams()
        made = create(
            spec_from_json(harness.document("sleep", "1000")),
            str(harness.bundle),
            "tested",
            state_root=str(harness.state_root),
            stdio=streams.stdio,
        )
        delete(made.state)
        return made.state.alive()

    assert forked(act) is False


def test_a_name_can_be_used_once(harness: Harness) -> None:
    def act() -> None:
        with harness.created(spec_from_json(harness.document("true"))):
            with pytest.raises(AlreadyExists, match="container with given ID already exists"):
                with harness.created(spec_from_json(harness.document("true"))):
                    pass

    forked(act)


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a b", "ä", "x" * 1025, "a\n"])
def test_names_that_are_refused(harness: Harness, name: str) -> None:
    def act() -> None:
        streams = Streams()
        create(
            spec_from_json(harness.document("true")),
            str(harness.bundle),
            name,
            state_root=str(harness.state_root),
            stdio=streams.stdio,
        )

    with pytest.raises(InvalidParameter, match=r"container id cannot be empty|invalid container ID format"):
        forked(act)


@pytest.mark.parametrize(
    ("program", "kind", "message"),
    [
        ("nope", NotFound, 'exec: "nope": executable file not found in $PATH'),
        ("/nope", NotFound, 'exec: "/nope": stat /nope: no such file or directory'),
        ("/etc", Forbidden, 'exec: "/etc": is a directory'),
        ("/etc/passwd", Forbidden, 'exec: "/etc/passwd": permission denied'),
        ("/etc/passwd/x", NotFound, 'exec: "/etc/passwd/x": stat /etc/passwd/x: not a directory'),
        ("", NotFound, 'exec: "": executable file not found in $PATH'),
    ],
)
def test_a_program_that_can_not_be_executed(harness: Harness, program: str, kind: type, message: str) -> None:
    error = harness.refused(harness.document(program))
    assert (type(error), str(error)) == (kind, message)


def test_a_file_that_is_no_program(harness: Harness) -> None:
    (harness.rootfs / "bad").write_bytes(b"\0\1\2\3")
    (harness.rootfs / "bad").chmod(0o755)
    output = harness.run(harness.document("/bad"))
    assert output == (126, "", "exec /bad: exec format error\n")


def test_missing_interpreter(harness: Harness) -> None:
    (harness.rootfs / "script").write_text("#!/nowhere\n")
    (harness.rootfs / "script").chmod(0o755)
    assert harness.run(harness.document("/script")) == (126, "", "exec /script: no such file or directory\n")


@pytest.mark.parametrize(
    ("path", "value", "kind", "message"),
    [
        ("root.path", "nowhere", NotFound, "invalid rootfs: stat .*/nowhere: no such file or directory"),
        ("process.cwd", "relative", InvalidParameter, "Cwd must be an absolute path"),
        ("process.cwd", "/etc/passwd", SystemFailure, "not a directory"),
        ("process.rlimits", [{"type": "RLIMIT_NONE", "soft": 1, "hard": 1}], InvalidParameter, "invalid rlimit type"),
        ("linux.resources", {"cpu": {"cpus": "900"}}, SystemFailure, "failed to write '900'"),
        ("linux.resources", {"memory": {"limit": 4096, "swap": 4096}}, SystemFailure, "OOM-killed|exited|died"),
        ("linux.namespaces", [{"type": "moon"}], InvalidParameter, 'namespace {"moon" ""} does not exist'),
        ("linux.sysctl", {"kernel.panic": "1"}, InvalidParameter, "not in a separate kernel namespace"),
        ("linux.sysctl", {"net.core.somaxconn": "abc"}, SystemFailure, "write sysctl key net.core.somaxconn"),
        ("process.apparmorProfile", "docker-default", InvalidParameter, "apparmor not supported"),
        ("process.selinuxLabel", "a:b:c", InvalidParameter, "selinux is disabled or not supported"),
        ("process.user", {"uid": (1 << 32) - 1, "gid": 0}, InvalidParameter, "id 4294967295 is out of range"),
        ("process.user", {"uid": 0, "gid": -1}, InvalidParameter, "id -1 is out of range"),
        ("linux.intelRdt", {"closID": "x"}, InvalidParameter, "Intel RDT is not supported"),
    ],
)
def test_what_can_not_be_is_refused_and_leaves_nothing(
    harness: Harness, path: str, value: object, kind: type, message: str
) -> None:
    document = harness.document("true")
    *parents, last = path.split(".")
    place = document
    for each in parents:
        place = place[each]
    place[last] = value
    error = harness.refused(document)
    assert type(error) is kind
    with pytest.raises(kind, match=message):
        raise error


def test_an_occupied_cgroup_is_refused(harness: Harness) -> None:
    document = harness.document("sleep", "1000")

    def act(container: Container) -> str:
        try:
            create(
                container.spec,
                str(harness.bundle),
                "other",
                state_root=str(harness.state_root),
                stdio=Streams().stdio,
            )
        except Conflict as error:
            return str(error)
        return ""

    assert harness.within(document, act) == "container's cgroup is not empty: 1 process(es) found"


def test_the_state_file_of_a_stranger_with_the_same_number(harness: Harness) -> None:
    def act(container: Container) -> str:
        return container.init.state._replace(start_time=container.init.state.start_time + 1).status()

    assert harness.within(harness.document("sleep", "1000"), act) == "stopped"


def test_a_damaged_state_file(tmp_path: Path) -> None:
    (tmp_path / "c").mkdir()
    (tmp_path / "c/state.json").write_text("{")
    with pytest.raises(Exception, match="is damaged"):
        container_state.load(str(tmp_path), "c")
