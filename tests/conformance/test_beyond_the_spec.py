"""What runc can do beyond the spec: exec, ps, list, pause, resume, update, events, run.

https://github.com/opencontainers/runc/tree/v1.1.5/man
"""

import fcntl
import json
import os
import pty
import signal
import socket
import struct
import subprocess
import termios
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.conformance.kit import cgroups
from tests.conformance.kit.bundle import Bundle
from tests.conformance.kit.container import Container

pytestmark = pytest.mark.row("N4")


@pytest.fixture
def running(container: Container, bundle: Bundle) -> Container:
    """A container that sleeps."""
    bundle.process["args"] = ["sleep", "60"]
    container.create()
    container.start()
    return container


class TestExec:
    @pytest.mark.parametrize(("script", "code"), [("exit 0", 0), ("exit 5", 5), ("kill -KILL $$", 137)])
    def test_the_exit_code(self, running: Container, script: str, code: int):
        assert running.exec("sh", "-c", script).returncode == code

    def test_it_is_in_the_containers_namespaces_and_cgroups(self, running: Container):
        done = running.exec("sh", "-c", "readlink /proc/self/ns/*; cat /proc/self/cgroup")
        inside = running.exec("sh", "-c", "readlink /proc/1/ns/*; cat /proc/1/cgroup")
        assert done.stdout == inside.stdout

    def test_output_and_input(self, running: Container):
        done = running.exec("sh", "-c", "cat; echo err >&2", stdin=None, input="given\n")
        assert (done.stdout, done.stderr) == ("given\n", "err\n")

    def test_flags(self, running: Container):
        flags = ("--user", "1000:2000", "-g", "5", "--cwd", "/tmp", "--env", "A=1", "--env", "B=2")
        done = running.exec("sh", "-c", "id -u; id -g; id -G; pwd; echo $A$B", flags=flags)
        assert done.stdout.splitlines() == ["1000", "2000", "2000 5", "/tmp", "12"]

    def test_capabilities(self, running: Container):
        done = running.exec("grep", "CapEff", "/proc/self/status", flags=("--cap", "CAP_NET_RAW"))
        assert int(done.stdout.split()[1], 16) == 1 << 29 | 1 << 5 | 1 << 10 | 1 << 13

    def test_a_process_from_a_file(self, running: Container, tmp_path: Path):
        process = {"args": ["sh", "-c", "id -u; pwd; echo $KEY"], "cwd": "/tmp", "user": {"uid": 7, "gid": 8}}
        (tmp_path / "process.json").write_text(json.dumps(process | {"env": ["PATH=/bin", "KEY=value"]}))
        done = running.runtime.result("exec", "--process", tmp_path / "process.json", running.id)
        assert done.stdout.splitlines() == ["7", "/tmp", "value"]

    def test_in_a_cgroup_below(self, running: Container):
        below = os.path.join(cgroups.directory(running.pid, "pids"), "below")
        os.mkdir(below)
        done = running.exec("cat", "/proc/self/cgroup", flags=("--cgroup", "pids:below"))
        os.rmdir(below)
        places = {line.split(":")[1]: line.split(":")[2] for line in done.stdout.splitlines()}
        assert places["pids"] == f"{places['cpu']}/below"
        assert running.exec("true", flags=("--cgroup", "missing")).returncode == 255

    def test_detached(self, running: Container, bundle: Bundle, tmp_path: Path):
        flags = ("--detach", "--pid-file", str(tmp_path / "pid"))
        # Not a pipe: the detached process keeps it.
        with (tmp_path / "output").open("w") as output:
            done = running.exec("sh", "-c", "sleep 0.2; echo $$ > /pid", flags=flags, stdout=output, stderr=output)
        assert done.returncode == 0
        pid = int((tmp_path / "pid").read_text())
        assert os.readlink(f"/proc/{pid}/ns/pid") == os.readlink(f"/proc/{running.pid}/ns/pid")
        running.until(bundle.rootfs / "pid")

    @pytest.mark.parametrize(
        ("command", "message"),
        [
            (["nope"], 'exec: "nope": executable file not found in $PATH'),
            (["/nope"], 'exec: "/nope": stat /nope: no such file or directory'),
            (["/etc/passwd"], 'exec: "/etc/passwd": permission denied'),
            ([], "process args cannot be empty"),
        ],
    )
    def test_what_cannot_run(self, running: Container, command: list[str], message: str):
        done = running.exec(*command)
        assert done.returncode == 255
        assert message in done.stderr.replace("\\", "")

    def test_a_user_that_is_none(self, running: Container):
        assert running.exec("true", flags=("--user", "abc")).returncode == 255

    def test_without_a_container(self, container: Container):
        done = container.exec("true")
        assert done.returncode == 255
        assert "container does not exist" in done.stderr

    def test_in_a_created_container(self, container: Container):
        # What runc lets, and podman needs.
        container.create()
        assert container.exec("true").returncode == 0

    def test_in_a_stopped_container(self, running: Container):
        running.kill()
        running.wait()
        done = running.exec("true")
        assert done.returncode == 255
        assert "cannot exec in a stopped container" in done.stderr

    def test_in_a_paused_container(self, running: Container):
        running.runtime("pause", running.id)
        done = running.exec("true")
        assert done.returncode == 255
        assert "cannot exec in a paused container (use --ignore-paused to override)" in done.stderr
        running.runtime("resume", running.id)


class TestPause:
    def test_pause_and_resume(self, running: Container):
        running.runtime("pause", running.id)
        assert running.status() == "paused"
        running.runtime("resume", running.id)
        assert running.status() == "running"

    def test_a_created_container_can_be_paused_too(self, container: Container):
        container.create()
        container.runtime("pause", container.id)
        assert container.status() == "paused"
        container.runtime("resume", container.id)

    def test_twice_is_an_error(self, running: Container):
        running.runtime("pause", running.id)
        assert "container not running" in running.runtime.result("pause", running.id).stderr
        running.runtime("resume", running.id)
        assert "container not paused" in running.runtime.result("resume", running.id).stderr

    def test_delete_by_force_of_a_paused_container(self, running: Container):
        running.runtime("pause", running.id)
        running.delete("--force")
        assert running.wait().code == 137


class TestUpdate:
    @pytest.mark.parametrize(
        ("flags", "controller", "file", "value"),
        [
            (["--memory", "64m"], "memory", "memory.limit_in_bytes", str(64 << 20)),
            (["--memory-reservation", "32m"], "memory", "memory.soft_limit_in_bytes", str(32 << 20)),
            (["--cpu-share", "200"], "cpu", "cpu.shares", "200"),
            (["--cpu-period", "50000", "--cpu-quota", "20000"], "cpu", "cpu.cfs_quota_us", "20000"),
            (["--cpuset-cpus", "0"], "cpuset", "cpuset.cpus", "0"),
            (["--pids-limit", "99"], "pids", "pids.max", "99"),
            (["--pids-limit", "-1"], "pids", "pids.max", "max"),
        ],
    )
    def test_flags(self, running: Container, flags: list[str], controller: str, file: str, value: str):
        cgroups.directory(running.pid, controller)
        running.runtime("update", *flags, running.id)
        assert cgroups.value(running.pid, controller, file) == value

    def test_resources_from_standard_input(self, running: Container):
        document = json.dumps({"pids": {"limit": 77}, "cpu": {"shares": 300}})
        running.runtime("update", "--resources", "-", running.id, stdin=None, input=document)
        assert cgroups.value(running.pid, "pids", "pids.max") == "77"
        assert cgroups.value(running.pid, "cpu", "cpu.shares") == "300"

    def test_what_is_not_given_stays(self, running: Container):
        running.runtime("update", "--pids-limit", "88", running.id)
        running.runtime("update", "--cpu-share", "400", running.id)
        assert cgroups.value(running.pid, "pids", "pids.max") == "88"

    @pytest.mark.parametrize("flags", [["--memory", "abc"], ["--cpuset-cpus", "4000"], ["--resources", "/nope"]])
    def test_errors(self, running: Container, flags: list[str]):
        assert running.runtime.result("update", *flags, running.id).returncode == 1
        assert running.status() == "running"


class TestQueries:
    def test_ps(self, running: Container):
        assert json.loads(running.runtime("ps", "--format", "json", running.id)) == [running.pid]
        table = running.runtime("ps", running.id).splitlines()
        assert table[0].split()[:3] == ["UID", "PID", "PPID"]
        assert [line.split()[1] for line in table[1:]] == [str(running.pid)]
        assert running.runtime("ps", running.id, "-o", "pid,args").splitlines()[1].split() == [
            str(running.pid),
            "sleep",
            "60",
        ]

    def test_list(self, running: Container, make_container: Callable[[Bundle], Container], bundle: Bundle):
        other = make_container(bundle)
        other.create()
        listed = json.loads(running.runtime("list", "--format", "json"))
        assert {(entry["id"], entry["status"], entry["pid"]) for entry in listed} == {
            (running.id, "running", running.pid),
            (other.id, "created", other.pid),
        }
        assert set(listed[0]) >= {"ociVersion", "id", "pid", "status", "bundle", "rootfs", "created", "owner"}
        assert sorted(running.runtime("list", "--quiet").split()) == sorted([running.id, other.id])
        table = running.runtime("list").splitlines()
        assert table[0].split() == ["ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER"]
        assert len(table) == 3

    def test_list_without_containers(self, container: Container):
        assert container.runtime("list").splitlines() == [
            "ID          PID         STATUS      BUNDLE      CREATED     OWNER"
        ]
        assert json.loads(container.runtime("list", "--format", "json")) in (None, [])
        assert container.runtime("list", "--quiet") == ""

    def test_events_once(self, running: Container):
        event = json.loads(running.runtime("events", "--stats", running.id))
        assert (event["type"], event["id"]) == ("stats", running.id)
        assert event["data"]["cpu"]["usage"]["total"] > 0
        assert event["data"]["pids"]["current"] == 1
        assert event["data"]["memory"]["usage"]["usage"] > 0

    def test_events_again_and_again(self, running: Container):
        with subprocess.Popen(
            [*running.runtime.command, "--root", running.runtime.root, "events", "--interval", "100ms", running.id],
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdout is not None
            events = [json.loads(process.stdout.readline()) for _ in range(2)]
            process.terminate()
        assert [event["type"] for event in events] == ["stats", "stats"]

    def test_events_tell_of_the_end_of_memory(self, container: Container, bundle: Bundle):
        if not cgroups.has("memory"):
            pytest.skip("no cgroup v1 controller memory here")
        bundle.linux["resources"]["memory"] = {"limit": 16 << 20, "swap": 16 << 20}
        bundle.script(
            "until test -e /go; do sleep 0.05; done; head -c 64m /dev/zero | tail -c 64m > /dev/null; sleep 60"
        )
        bundle.process["args"].remove("-e")
        container.create()
        container.start()
        with subprocess.Popen(
            [
                *container.runtime.command,
                "--root",
                container.runtime.root,
                "events",
                "--interval",
                "100ms",
                container.id,
            ],
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdout is not None
            process.stdout.readline()
            (bundle.rootfs / "go").touch()
            kinds = iter(lambda: json.loads(process.stdout.readline())["type"], "oom")
            assert len(list(kinds)) < 100
            process.terminate()


class TestRun:
    @pytest.mark.parametrize(("script", "code"), [("exit 0", 0), ("exit 42", 42)])
    def test_in_the_foreground(self, container: Container, bundle: Bundle, script: str, code: int):
        bundle.script(f"echo out; echo err >&2; {script}")
        bundle.save()
        done = container.runtime.result("run", "--bundle", bundle.directory, container.id)
        assert (done.returncode, done.stdout, done.stderr) == (code, "out\n", "err\n")
        assert container.runtime.result("state", container.id).returncode == 1

    def test_with_input(self, container: Container, bundle: Bundle):
        bundle.process["args"] = ["cat"]
        bundle.save()
        done = container.runtime.result("run", "--bundle", bundle.directory, container.id, stdin=None, input="given\n")
        assert done.stdout == "given\n"

    def test_keep(self, container: Container, bundle: Bundle):
        bundle.save()
        assert container.runtime.result("run", "--keep", "--bundle", bundle.directory, container.id).returncode == 0
        assert container.status() == "stopped"
        container.delete()

    def test_detached(self, container: Container, bundle: Bundle, tmp_path: Path):
        bundle.process["args"] = ["sleep", "60"]
        bundle.save()
        with (tmp_path / "output").open("w") as output:
            done = container.runtime.result(
                "run",
                "-d",
                "--pid-file",
                tmp_path / "pid",
                "-b",
                bundle.directory,
                container.id,
                stdout=output,
                stderr=output,
            )
        assert done.returncode == 0
        container.pid = int((tmp_path / "pid").read_text())
        assert container.state() | {"status": "running", "pid": container.pid} == container.state()

    def test_signals_reach_the_process(self, container: Container, bundle: Bundle):
        bundle.script("trap 'echo got; exit 9' TERM; echo ready; while :; do sleep 0.05; done")
        bundle.save()
        with subprocess.Popen(
            [*container.runtime.command, "--root", container.runtime.root, "run", "-b", bundle.directory, container.id],
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            process.send_signal(signal.SIGTERM)
            assert process.stdout.read() == "got\n"
        assert process.returncode == 9

    def test_the_current_directory_is_the_bundle(self, container: Container, bundle: Bundle):
        bundle.script("echo here")
        bundle.save()
        assert container.runtime("run", container.id, cwd=bundle.directory) == "here\n"


class TestTerminal:
    """A process with a terminal, in the foreground of the user's."""

    @pytest.fixture
    def with_terminal(self, container: Container, bundle: Bundle) -> Container:
        bundle.process["terminal"] = True
        bundle.save()
        return container

    def test_run(self, with_terminal: Container, bundle: Bundle):
        bundle.script("tty; sleep 0.3; stty size; echo ready; read line; echo got $line; exit 7")
        bundle.save()
        command = ["run", "--bundle", str(bundle.directory), with_terminal.id]
        code, output = in_terminal(with_terminal, command, rows=30, columns=100, typed=b"hello\r")
        assert code == 7
        # What is typed comes back once, from the container's terminal: the user's doesn't echo.
        assert output.split() == ["/dev/pts/0", "30", "100", "ready", "hello", "got", "hello"]

    def test_exec(self, container: Container, bundle: Bundle):
        bundle.process["args"] = ["sleep", "60"]
        container.create()
        container.start()
        command = ["exec", "--tty", container.id, "sh", "-c", "tty; kill -INT $$; sleep 5"]
        code, output = in_terminal(container, command)
        assert (code, output.strip()) == (130, "/dev/pts/0")

    def test_the_master_goes_over_the_console_socket(self, with_terminal: Container, bundle: Bundle, tmp_path: Path):
        bundle.script("tty; stty size")
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(tmp_path / "console"))
            listener.listen()
            with_terminal.create("--console-socket", tmp_path / "console")
            connection, _ = listener.accept()
            with connection:
                _, (master,), _, _ = socket.recv_fds(connection, 4096, 1)
        with_terminal.start()
        assert read_terminal(master).startswith("/dev/pts/0\r\n")
        assert with_terminal.wait().code == 0


def in_terminal(
    container: Container, command: list[str], rows: int = 24, columns: int = 80, typed: bytes = b""
) -> tuple[int, str]:
    """Run the runtime in a terminal; its exit code, and what was to be seen."""
    pid, master = pty.fork()
    if pid == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        words = [*container.runtime.command, "--root", str(container.runtime.root), *command]
        os.execv(words[0], words)
    seen = b""
    if typed:
        while b"ready" not in seen:
            seen += os.read(master, 1000)
        os.write(master, typed)
    seen += read_terminal(master).encode()
    _, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status), seen.decode()


def read_terminal(master: int) -> str:
    """All that is written to a terminal until nobody has it open any more."""
    seen = b""
    with open(master, "rb", buffering=0) as file:
        try:
            while chunk := file.read(1000):
                seen += chunk
        except OSError:
            pass
    return seen.decode()
