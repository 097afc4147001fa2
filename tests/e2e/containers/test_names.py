"""`--name`, ids and prefixes, `docker rename`."""

from collections.abc import Callable

import pytest
from tests.support.client import Docker
from tests.support.http import request


@pytest.mark.row("B9")
def test_a_name_is_taken_once(docker: Docker, sleeper: Callable[..., str]) -> None:
    container = sleeper(name="taken")
    result = docker.result("run", "-d", "--name", "taken", "busybox")
    assert result.code == 125
    wanted = (
        f'Conflict. The container name "/taken" is already in use by container "{container}". '
        "You have to remove (or rename) that container to be able to reuse that name."
    )
    assert wanted in result.err
    answer = request(docker.socket, "POST", "/v1.41/containers/create?name=taken", {"Image": "busybox"})
    assert answer.status == 409
    docker("rm", "-f", "taken")
    sleeper(name="taken")


@pytest.mark.row("B9")
def test_names_have_a_grammar(docker: Docker) -> None:
    for name in ("-x", "a", "a/b", "ä"):
        result = docker.result("create", "--name", name, "busybox")
        assert result.code == 1, name
        assert f"Invalid container name ({name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed" in result.err


def test_a_prefix_of_the_id_names_the_container(docker: Docker, sleeper: Callable[..., str]) -> None:
    container = sleeper()
    assert docker.field(container[:6], "{{.Id}}") == container
    result = docker.result("inspect", "--type", "container", "nosuch")
    assert result.code == 1
    assert "No such container: nosuch" in result.err


def test_rename(docker: Docker, sleeper: Callable[..., str]) -> None:
    container = sleeper(name="before")
    docker("rename", "before", "after")
    assert docker.field(container, "{{.Name}}") == "/after"
    assert docker.result("inspect", "before").code == 1
    sleeper(name="other")
    assert "already in use" in docker.result("rename", "after", "other").err


def test_a_container_in_anothers_network_has_its_hostname(docker: Docker, sleeper: Callable[..., str]) -> None:
    sleeper("--hostname", "shared", "--domainname", "example.org", name="owner")
    script = "hostname; hostname -f; echo $HOSTNAME"
    container = docker("run", "-d", "--network", "container:owner", "busybox", "sh", "-c", script)
    docker("wait", container)
    assert docker("logs", container).splitlines() == ["shared", "shared.example.org", "shared"]
    assert docker.field(container, "{{.Config.Hostname}}.{{.Config.Domainname}}") == "shared.example.org"
