"""`docker ps`."""

import re
from collections.abc import Callable

import pytest
from tests.support.client import Docker


@pytest.mark.row("A6", "B2")
def test_ps_has_dockers_columns(docker: Docker) -> None:
    docker("run", "-d", "-p", "0.0.0.0:0:22", "busybox", "sh", "-c", "sleep 1000; echo a long command line")
    header, line = docker("ps").splitlines()
    assert header.split("  ")[0] == "CONTAINER ID"
    assert re.split(r"\s{2,}", header) == ["CONTAINER ID", "IMAGE", "COMMAND", "CREATED", "STATUS", "PORTS", "NAMES"]
    pattern = (
        r'[0-9a-f]{12}\s+busybox\s+"sh -c \'sleep 1000; …"\s+(\d+ seconds|Less than a second) ago\s+Up .*\s+'
        r"0\.0\.0\.0:\d+->22/tcp\s+[a-z]+_[a-z]+"
    )
    assert re.fullmatch(pattern, line)


@pytest.mark.row("B3")
def test_ps_a_shows_how_long_ago_a_container_exited(docker: Docker) -> None:
    docker("run", "busybox", "true")
    docker.result("run", "busybox", "sh", "-c", "exit 4")
    assert len(docker("ps").splitlines()) == 1
    shown = docker("ps", "-a", "--format", "{{.Status}}").splitlines()
    assert re.fullmatch(r"Exited \(4\) (Less than a second|\d+ seconds?) ago", shown[0])
    assert re.fullmatch(r"Exited \(0\) (Less than a second|\d+ seconds?) ago", shown[1])


def test_filters_and_order(docker: Docker, sleeper: Callable[..., str]) -> None:
    one = sleeper("--label", "a=1", name="one")
    two = sleeper("--label", "a=2", name="two")
    dead = docker("run", "-d", "--name", "dead", "busybox", "true")
    docker("wait", dead)

    def names(*flags: str) -> list[str]:
        return docker("ps", "--format", "{{.Names}}", *flags).split()

    assert names() == ["two", "one"]
    assert names("-a") == ["dead", "two", "one"]
    assert names("-n", "2") == ["dead", "two"]
    assert names("-f", "label=a") == ["two", "one"]
    assert names("-f", "label=a=1") == ["one"]
    assert names("-f", f"id={two[:12]}") == ["two"]
    assert names("-f", "name=^/?on") == ["one"]
    assert names("-a", "-f", "exited=0") == ["dead"]
    assert names("-a", "-f", "status=exited") == ["dead"]
    assert names("-f", f"since={one}") == ["two"]
    assert names("-a", "-f", "ancestor=busybox") == ["dead", "two", "one"]
    assert docker("ps", "-q", "--no-trunc").split() == [two, one]
    result = docker.result("ps", "-f", "nosuch=1")
    assert result.code == 1
    assert "invalid filter 'nosuch'" in result.err.lower()


def test_size_is_shown_on_demand(docker: Docker) -> None:
    docker("run", "busybox", "sh", "-c", "head -c 1000000 /dev/zero > /file")
    assert re.match(r"1MB \(virtual [\d.]+MB\)", docker("ps", "-as", "--format", "{{.Size}}"))
