"""`docker run`: output, environment, exit codes, what can go wrong before the container starts."""

import re
from pathlib import Path

import pytest
from tests.conftest import remove_everything
from tests.support.client import Docker
from tests.support.terminal import terminal


def test_output_and_exit_code(docker: Docker, leak_check: None) -> None:
    result = docker.result("run", "--rm", "busybox", "sh", "-c", "echo out; echo err >&2; exit 3")
    assert result == (3, "out\n", "err\n")


def test_standard_input_reaches_the_process_and_ends(docker: Docker, leak_check: None) -> None:
    text = "".join(f"line {number}\n" for number in range(20000))
    assert docker("run", "-i", "--rm", "busybox", "cat", stdin=text) == text.rstrip("\n")


def test_output_after_the_client_closed_its_input(docker: Docker) -> None:
    assert (
        docker("run", "-i", "--rm", "busybox", "sh", "-c", "cat; sleep 0.3; echo after", stdin="before\n")
        == "before\nafter"
    )


@pytest.mark.row("B17")
def test_environment_of_a_process(docker: Docker) -> None:
    shown = dict(line.split("=", 1) for line in docker("run", "--rm", "-e", "A=b c", "busybox", "env").splitlines())
    assert shown.pop("HOSTNAME")
    assert shown == {
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "HOME": "/root",
        "A": "b c",
    }


@pytest.mark.row("B17")
def test_term_is_set_on_a_terminal(docker: Docker) -> None:
    shown = docker("run", "--rm", "-t", "busybox", "env").replace("\r", "").splitlines()
    assert "TERM=xterm" in shown


@pytest.mark.row("B16")
def test_rm_removes_the_container_and_its_anonymous_volumes(docker: Docker, leak_check: None) -> None:
    with terminal(
        docker.client.command("run", "--rm", "-it", "-v", "/data", "busybox"), docker.client.environment
    ) as tty:
        tty.expect("/ # ")
        tty.type("echo $((40 + 2)) > /data/file; cat /data/file\r")
        tty.expect("\r\n42\r\n")
        assert len(docker("volume", "ls", "-q").split()) == 1
        tty.type("exit 5\r")
        assert tty.wait() == 5
    assert docker("ps", "-aq") == ""
    assert docker("volume", "ls", "-q") == ""


def test_a_terminal_has_the_clients_size(docker: Docker) -> None:
    command = docker.client.command("run", "--rm", "-it", "busybox", "sh", "-c", "sleep 0.5; stty size")
    with terminal(command, docker.client.environment, rows=31, columns=97) as tty:
        tty.expect("31 97")
        assert tty.wait() == 0


def test_ctrl_c_reaches_the_process(docker: Docker) -> None:
    script = "trap 'exit 9' INT; echo go; while :; do sleep 0.1; done"
    command = docker.client.command("run", "--rm", "-it", "busybox", "sh", "-c", script)
    with terminal(command, docker.client.environment) as tty:
        tty.expect("go")
        tty.type("\x03")
        assert tty.wait() == 9


@pytest.mark.row("B20")
def test_no_such_command_is_127(docker: Docker, leak_check: None) -> None:
    result = docker.result("run", "--rm", "busybox", "nosuchcommand")
    assert result.code == 127
    assert 'exec: "nosuchcommand": executable file not found in $PATH' in result.err
    assert docker("ps", "-aq") == ""


@pytest.mark.row("B20")
def test_not_executable_is_126(docker: Docker, leak_check: None) -> None:
    result = docker.result("run", "--rm", "busybox", "/etc/passwd")
    assert result.code == 126
    assert 'exec: "/etc/passwd": permission denied' in result.err
    result = docker.result("run", "--rm", "busybox", "/etc")
    assert result.code == 126


@pytest.mark.row("B20")
def test_a_bind_mounted_text_file_gives_exec_format_error(docker: Docker, tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_bytes(b"\x00\x01no program\n")
    script.chmod(0o755)
    result = docker.result("run", "--rm", "-v", f"{script}:/script", "busybox", "/script")
    assert "exec format error" in result.err
    assert result.code in (1, 126, 255)  # 255: what runc before 1.2 exits with


def test_an_unknown_image_is_told_so(docker: Docker) -> None:
    result = docker.result("run", "--rm", "--pull", "never", "nosuchimage", "true")
    assert result.code == 125
    assert re.search("No such image: nosuchimage:latest", result.err)


def test_detached_run_prints_the_id(docker: Docker) -> None:
    assert re.fullmatch("[0-9a-f]{64}", docker("run", "-d", "busybox", "true"))


def test_user_and_working_directory(docker: Docker) -> None:
    shown = docker(
        "run", "--rm", "-u", "daemon:nogroup", "-w", "/some/where", "busybox", "sh", "-c", "id -u; id -g; pwd"
    )
    assert shown.split() == ["1", "65534", "/some/where"]
    result = docker.result("run", "--rm", "-u", "nosuchuser", "busybox", "true")
    assert result.code == 126 or result.code == 125
    assert "unable to find user nosuchuser: no matching entries in passwd file" in result.err


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (
            ["--network", "host", "--network-alias", "x"],
            "network-scoped alias",
        ),
        (["--rm", "--restart", "always"], "conflicting options"),
        (["-m", "1m"], "Minimum memory limit"),
        (["--cpus", "10000"], "Range of CPUs is from 0.01 to"),
        (["--cpuset-cpus", "99999"], "not available|maximum is"),
        (["-v", "relative:path:mode:x"], "invalid"),
        (["--memory-swap", "10m", "-m", "20m"], "Minimum memoryswap limit should be larger than memory limit"),
        (["--network", "container:nosuch"], "No such container"),
        (["--cap-add", "NOSUCH"], 'invalid capability: "NOSUCH"|unknown capability'),
        (["--security-opt", "nosuch=1"], "invalid --security-opt"),
    ],
)
def test_contradictions_are_refused(docker: Docker, flags: list[str], message: str, leak_check: None) -> None:
    result = docker.result("run", *flags, "busybox", "true")
    assert result.code == 125, result
    assert re.search(message, result.err, re.IGNORECASE), result.err
    remove_everything(docker)
