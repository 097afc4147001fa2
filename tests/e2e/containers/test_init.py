"""`--init`: docker-init is the first process, reaps orphans, passes signals on, and gives the exit code."""

import pytest
from tests.support.client import Docker
from tests.support.wait import wait_until


@pytest.mark.row("A17")
def test_docker_init_is_the_first_process(docker: Docker) -> None:
    container = docker("run", "-d", "--init", "busybox", "sleep", "1000")
    wait_until(lambda: "sleep 1000" in docker("exec", container, "ps"), "the program to run")
    lines = docker("exec", container, "ps", "-o", "pid,args").splitlines()
    first = next(line.split(None, 1)[1] for line in lines if line.split()[0] == "1")
    assert first == "/sbin/docker-init -- sleep 1000"
    assert docker.inspect(container)["HostConfig"]["Init"] is True


@pytest.mark.row("A17")
@pytest.mark.parametrize(("flags", "zombies"), [(("--init",), "0"), ((), "1")])
def test_orphans_are_reaped(docker: Docker, flags: tuple[str, ...], zombies: str) -> None:
    """Without init an orphan's end is nobody's business: `sleep`, which is then the first process, waits for nobody."""
    container = docker("run", "-d", *flags, "busybox", "sleep", "1000")
    docker("exec", container, "sh", "-c", "(sleep 0.05 &); sleep 0.3")
    count = "cat /proc/[0-9]*/stat | grep -c ') Z ' ; true"
    assert docker("exec", container, "sh", "-c", count) == zombies


@pytest.mark.row("A17")
def test_signals_and_exit_codes_pass_through(docker: Docker) -> None:
    assert docker.result("run", "--rm", "--init", "busybox", "sh", "-c", "exit 5").code == 5
    script = "trap 'exit 6' TERM; while :; do sleep 0.02; done"
    container = docker("run", "-d", "--init", "busybox", "sh", "-c", script)
    wait_until(lambda: "sh -c" in docker("top", container), "the program to run")
    docker("stop", "-t", "20", container)
    assert docker.field(container, "{{.State.ExitCode}}") == "6"
    assert docker.result("run", "--rm", "--init", "busybox", "nothing-of-the-kind").code == 127


def test_a_terminal_is_the_programs(docker: Docker) -> None:
    script = "ps -o pid,pgid,tty,args | grep sleep.99 | head -1; exit 0"
    container = docker("run", "-dt", "--init", "busybox", "sleep", "99")
    assert docker.result("exec", container, "sh", "-c", script).code == 0
    foreground = docker("exec", container, "sh", "-c", "cut -d' ' -f5,8 < /proc/$(pidof sleep)/stat").split()
    assert foreground[0] == foreground[1]  # its process group is that of the terminal
