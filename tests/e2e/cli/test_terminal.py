"""`dockyard` on a terminal: raw mode, the window's size, detach keys, interrupts, exit codes."""

import os
import signal
from pathlib import Path

import pytest
from tests.support.client import Docker
from tests.support.terminal import terminal
from tests.support.wait import wait_until


def test_a_shell(dockyard: Docker) -> None:
    command = dockyard.client.command("run", "-it", "--rm", "busybox", "sh")
    with terminal(command, dockyard.client.environment, rows=31, columns=97) as tty:
        tty.expect("# ")
        tty.type("stty size; tty\r")
        tty.expect("31 97\r\n/dev/(pts/0|console)")
        tty.resize(40, 120)
        tty.type("sleep 0.3; stty size\r")
        tty.expect("40 120")
        tty.type("exit 9\r")
        assert tty.wait() == 9


def test_the_interrupt_key_goes_to_the_container(dockyard: Docker) -> None:
    command = dockyard.client.command(
        "run", "-it", "--rm", "busybox", "sh", "-c", "trap 'exit 3' INT; echo go; sleep 60 & wait"
    )
    with terminal(command, dockyard.client.environment) as tty:
        tty.expect("go")
        tty.type("\x03")
        assert tty.wait() == 3


def test_detach_and_attach_again(dockyard: Docker) -> None:
    command = dockyard.client.command("run", "-it", "--name", "kept", "busybox", "sh")
    with terminal(command, dockyard.client.environment) as tty:
        tty.expect("# ")
        tty.type("\x10\x11")
        assert tty.wait() == 0
    assert dockyard.field("kept", "{{.State.Running}}") == "true"
    command = dockyard.client.command("attach", "--detach-keys", "ctrl-a,x", "kept")
    with terminal(command, dockyard.client.environment) as tty:
        tty.type("echo $((6*7))\r")
        tty.expect("42")
        tty.type("\x01x")
        assert tty.wait() == 0
    with terminal(dockyard.client.command("attach", "kept"), dockyard.client.environment) as tty:
        tty.type("exit 5\r")
        assert tty.wait() == 5


def test_exec_on_a_terminal(dockyard: Docker) -> None:
    container = dockyard("run", "-d", "busybox", "sleep", "1000")
    command = dockyard.client.command("exec", "-it", container, "sh")
    with terminal(command, dockyard.client.environment, rows=20, columns=70) as tty:
        tty.expect("# ")
        tty.type("stty size\r")
        tty.expect("20 70")
        tty.type("exit 4\r")
        assert tty.wait() == 4


def test_the_terminal_is_left_as_it_was(dockyard: Docker) -> None:
    run = f"{dockyard.client.path} run -it --rm busybox true"
    script = f'before=$(stty -a); {run}; [ "$before" = "$(stty -a)" ] && echo same'
    with terminal(["sh", "-c", script], dockyard.client.environment) as tty:
        tty.expect("same")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 15), (signal.SIGINT, 2), (signal.SIGUSR1, 10)])
def test_signals_are_passed_on(dockyard: Docker, number: signal.Signals, code: int) -> None:
    script = f"trap 'exit {code}' {code}; echo go; while :; do sleep 0.1; done"
    client = dockyard.start("run", "--rm", "busybox", "sh", "-c", script)
    assert client.stdout is not None
    assert client.stdout.readline() == b"go\n"
    client.send_signal(number)
    assert client.wait(timeout=20) == code


def test_without_sig_proxy_the_client_goes_alone(dockyard: Docker) -> None:
    client = dockyard.start("run", "--sig-proxy=false", "--name", "stays", "busybox", "sh", "-c", "echo go; sleep 1000")
    assert client.stdout is not None
    assert client.stdout.readline() == b"go\n"
    client.send_signal(signal.SIGTERM)
    client.wait(timeout=20)
    assert dockyard.field("stays", "{{.State.Running}}") == "true"


def test_much_input_and_much_output(dockyard: Docker, tmp_path: Path) -> None:
    data = os.urandom(1 << 20) * 20
    source = tmp_path / "data"
    source.write_bytes(data)
    with source.open("rb") as file:
        client = dockyard.start("run", "--rm", "-i", "busybox", "sh", "-c", "cat; echo end >&2", stdin=file)
        out, err = client.communicate(timeout=60)
    assert (client.returncode, err) == (0, b"end\n")
    assert out == data


def test_following_a_log_ends_with_the_container(dockyard: Docker) -> None:
    container = dockyard("run", "-d", "busybox", "sh", "-c", "echo one; sleep 0.5; echo two >&2")
    result = dockyard.result("logs", "-f", container)
    assert result == (0, "one\n", "two\n")


def test_events_are_shown_as_they_come(dockyard: Docker) -> None:
    client = dockyard.start("events", "--filter", "event=die", "--format", "{{.Actor.Attributes.exitCode}}")
    try:
        wait_until(lambda: dockyard.info()["NEventsListener"] > 0, "the listener")
        dockyard.result("run", "--rm", "busybox", "sh", "-c", "exit 6")
        assert client.stdout is not None
        assert client.stdout.readline() == b"6\n"
    finally:
        client.kill()
        client.wait()
