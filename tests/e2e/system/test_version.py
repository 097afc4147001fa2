"""`docker version`, `/_ping`, `dockerd --version`."""

import re
import subprocess

import pytest
from tests.support.client import Docker
from tests.support.engine import PROGRAMS
from tests.support.http import request


@pytest.mark.row("A1")
def test_ping_says_ok_and_names_the_api_version(docker: Docker) -> None:
    answer = request(docker.socket, "GET", "/_ping")
    assert (answer.status, answer.body) == (200, b"OK")
    assert re.fullmatch(r"1\.\d\d", answer.headers["api-version"])
    assert answer.headers["ostype"] == "linux"
    head = request(docker.socket, "HEAD", "/_ping")
    assert (head.status, head.body) == (200, b"")


@pytest.mark.row("A1")
def test_version_shows_client_and_server(docker: Docker) -> None:
    shown = docker("version")
    assert shown.startswith("Client")
    assert re.search(r"^Server", shown, re.MULTILINE)
    assert re.fullmatch(r"1\.\d\d", docker("version", "--format", "{{.Server.APIVersion}}"))
    assert docker("version", "--format", "{{.Server.Os}}") == "linux"


def test_an_older_api_version_is_answered_as_asked(docker: Docker) -> None:
    for version in ("v1.24", "v1.41"):
        answer = request(docker.socket, "GET", f"/{version}/containers/json?all=1")
        assert (answer.status, answer.json()) == (200, [])


def test_a_version_that_is_too_new_is_refused(docker: Docker) -> None:
    answer = request(docker.socket, "GET", "/v9.99/containers/json")
    assert answer.status == 400
    assert "client version 9.99 is too new" in answer.json()["message"]


def test_an_unknown_path_is_refused_with_dockers_words(docker: Docker) -> None:
    answer = request(docker.socket, "GET", "/v1.41/no/such/thing")
    assert (answer.status, answer.json()) == (404, {"message": "page not found"})


@pytest.mark.dockyard_only
@pytest.mark.row("A15")
@pytest.mark.parametrize("flag", ["-v", "--version"])
@pytest.mark.parametrize("program", ["dockyard", "dockyardd"])
def test_programs_tell_their_version(program: str, flag: str) -> None:
    done = subprocess.run([PROGRAMS / program, flag], capture_output=True, text=True, timeout=20)
    assert done.returncode == 0
    assert re.fullmatch(r"Docker version \S+, build \S+\n", done.stdout)
