"""`docker attach` with the real client: leaving by keys, interrupting, and which signals are passed on."""

import signal
import subprocess
from contextlib import suppress

import pytest
from tests.support.client import Docker
from tests.support.terminal import terminal

LEFT = 1
"""The exit code of `docker attach` for a session that was left by keys."""

COUNTS = ("sh", "-c", "i=0; while :; do echo number $i; i=$((i+1)); sleep 0.05; done")


def is_running(docker: Docker, container: str) -> bool:
    return docker.field(container, "{{.State.Running}}") == "true"


@pytest.mark.row("B12")
@pytest.mark.parametrize(
    ("options", "keys"), [((), "\x10\x11"), (("--detach-keys", "ctrl-a,d"), "\x01d"), (("--detach-keys", "q"), "q")]
)
def test_leaving_by_keys_leaves_it_running(docker: Docker, options: tuple[str, ...], keys: str) -> None:
    container = docker("run", "-dit", "busybox", *COUNTS)
    command = docker.client.command("attach", *options, container)
    with terminal(command, docker.client.environment) as tty:
        tty.expect("number [0-9]+")
        tty.type(keys)
        tty.expect("read escape sequence")
        assert tty.wait() == LEFT
    assert is_running(docker, container)


@pytest.mark.row("B12")
def test_the_interrupt_key_ends_it(docker: Docker) -> None:
    container = docker("run", "-dit", "busybox", *COUNTS)
    with terminal(docker.client.command("attach", container), docker.client.environment) as tty:
        tty.expect("number [0-9]+")
        tty.type("\x03")
        assert tty.wait() == 130
    assert docker.field(container, "{{.State.Status}} {{.State.ExitCode}}") == "exited 130"


@pytest.mark.row("B12")
def test_a_shell_goes_on_where_it_was(docker: Docker) -> None:
    container = docker("run", "-dit", "busybox", "sh")
    for word in ("first", "second"):
        with terminal(docker.client.command("attach", container), docker.client.environment) as tty:
            tty.type("echo $LAST $0\r")
            tty.expect("sh\r\n" if word == "first" else "first sh\r\n")
            tty.type(f"LAST={word}\r")
            tty.expect("# ")
            tty.type("\x10\x11")
            assert tty.wait() == LEFT


TRAPS = "trap 'echo got it; exit 5' TERM; while :; do echo on; sleep 0.02; done"


def attached(docker: Docker, *options: str) -> tuple[str, "subprocess.Popen[bytes]"]:
    """A container, and a client that has got something of it: by then it is ready for signals."""
    container = docker("run", "-d", "busybox", "sh", "-c", TRAPS)
    client = docker.start("attach", *options, container)
    assert client.stdout is not None
    assert client.stdout.readline() == b"on\n"
    return container, client


@pytest.mark.row("B12")
def test_signals_to_the_client_are_passed_on(docker: Docker) -> None:
    container, client = attached(docker)
    client.send_signal(signal.SIGTERM)
    out, _ = client.communicate(timeout=20)
    assert (client.returncode, out.endswith(b"got it\n")) == (5, True)
    assert not is_running(docker, container)


@pytest.mark.row("B12")
def test_and_are_not_with_sig_proxy_off(docker: Docker) -> None:
    container, client = attached(docker, "--sig-proxy=false")
    client.send_signal(signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):  # newer clients don't mind the first one
        client.communicate(timeout=0.5)
    client.kill()
    client.communicate(timeout=20)
    assert is_running(docker, container)
    assert "kill" not in docker.actions(container)
