"""`dockyard login`, `logout` and `search` next to the real client's: the same config.json, the same helpers called."""

import json
import os
import pty
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.registry.conftest import busybox_layer
from tests.peers.registry import RunningRegistry, registry
from tests.support.certificates import OPENSSL
from tests.support.client import Docker
from tests.support.engine import PROGRAMS
from tests.support.faulty_registry import Answer, Asked, faulty_registry
from tests.support.packs import image_pack, upload
from tests.support.token_server import token_server

pytestmark = [pytest.mark.dockyard_only, pytest.mark.row("C14")]
HELPER = """#!/bin/sh
read -r line
echo "$1 $line" >> "$0.log"
case "$1" in
  store) echo "$line" > "$0.kept" ;;
  get) [ -f "$0.kept" ] || { echo "credentials not found in native keychain"; exit 1; }; cat "$0.kept" ;;
  erase) rm -f "$0.kept" ;;
esac
"""
Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningRegistry]:
    with registry(tmp_path_factory.mktemp("locked"), users={"alice": "s3cret"}) as running:
        yield running


def runner(docker: Docker, program: list[str], home: Path) -> Run:
    """A client with a configuration and a PATH of its own."""
    environment = {**(docker.client.environment or dict(os.environ)), "DOCKER_CONFIG": str(home), "HOME": str(home)}
    environment["PATH"] = f"{home}:{environment['PATH']}"
    environment["DOCKER_HOST"] = docker.host

    def run(*arguments: str, stdin: str = "") -> "subprocess.CompletedProcess[str]":
        home.mkdir(exist_ok=True)
        return subprocess.run(
            [*program, *arguments], env=environment, input=stdin, capture_output=True, text=True, timeout=60
        )

    return run


@pytest.fixture
def both(docker: Docker, tmp_path: Path) -> dict[str, tuple[Run, Path]]:
    """The real client and ours, each with its own home."""
    theirs = runner(docker, docker.client.command(), tmp_path / "docker")
    ours = runner(docker, [str(PROGRAMS / "dockyard")], tmp_path / "dockyard")
    return {"docker": (theirs, tmp_path / "docker"), "dockyard": (ours, tmp_path / "dockyard")}


def config(home: Path) -> Any:
    return json.loads((home / "config.json").read_text())


def test_in_the_file(both: dict[str, tuple[Run, Path]], locked: RunningRegistry) -> None:
    seen = {}
    for who, (run, home) in both.items():
        wrong = run("login", "-u", "alice", "-p", "wrong", locked.address)
        assert (wrong.returncode, "401 Unauthorized" in wrong.stderr) == (1, True)
        assert not (home / "config.json").exists() or not config(home).get("auths")
        home.mkdir(exist_ok=True)
        (home / "config.json").write_text(
            json.dumps({"detachKeys": "ctrl-a", "auths": {"x.example": {"auth": "eDp5"}}})
        )
        done = run("login", "-u", "alice", "--password-stdin", f"http://{locked.address}", stdin="s3cret\n")
        assert (done.returncode, "Login Succeeded" in done.stdout) == (0, True), done.stderr
        again = run("login", locked.address)
        assert (again.returncode, "Authenticating with existing credentials..." in again.stdout + again.stderr) == (
            0,
            True,
        )
        after_login = config(home)
        assert (home / "config.json").stat().st_mode & 0o777 in (0o600, 0o644)
        out = run("logout", locked.address)
        assert out.stdout == f"Removing login credentials for {locked.address}\n"
        seen[who] = (after_login, config(home))
    assert seen["dockyard"] == seen["docker"]
    assert seen["dockyard"][0]["auths"][locked.address] == {"auth": "YWxpY2U6czNjcmV0"}
    assert seen["dockyard"][1] == {"detachKeys": "ctrl-a", "auths": {"x.example": {"auth": "eDp5"}}}


@pytest.mark.parametrize("where", ["credsStore", "credHelpers"])
def test_with_a_helper(both: dict[str, tuple[Run, Path]], locked: RunningRegistry, where: str) -> None:
    seen = {}
    for who, (run, home) in both.items():
        home.mkdir(exist_ok=True)
        (home / "docker-credential-box").write_text(HELPER)
        (home / "docker-credential-box").chmod(0o755)
        value: object = "box" if where == "credsStore" else {locked.address: "box"}
        (home / "config.json").write_text(json.dumps({where: value}))
        assert run("login", "-u", "alice", "-p", "s3cret", locked.address).returncode == 0
        kept = json.loads((home / "docker-credential-box.kept").read_text())
        assert run("login", locked.address).returncode == 0
        after_login = config(home)
        assert run("logout", locked.address).returncode == 0
        assert not (home / "docker-credential-box.kept").exists()
        calls = (home / "docker-credential-box.log").read_text().splitlines()
        assert f"erase {locked.address}" in calls
        seen[who] = (kept, after_login, config(home).get("auths", {}))
    assert seen["dockyard"] == seen["docker"]
    assert seen["dockyard"][0] == {"ServerURL": locked.address, "Username": "alice", "Secret": "s3cret"}


def test_a_refresh_token_instead_of_the_password(both: dict[str, tuple[Run, Path]], tmp_path: Path) -> None:
    if OPENSSL is None:
        pytest.skip("needs openssl")
    with (
        token_server(tmp_path / "tokens", {"alice": "s3cret"}) as tokens,
        registry(tmp_path / "registry", token=tokens.settings) as running,
    ):
        for run, _ in both.values():
            assert run("login", "-u", "alice", "-p", "s3cret", running.address).returncode == 0
        found = [config(home)["auths"][running.address] for _, home in both.values()]
        assert found[0] == found[1] == {"auth": "YWxpY2U6", "identitytoken": "refresh-alice"}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("-u", "alice"), "annot perform an interactive login from a non TTY device"),
        (("--password-stdin",), "-password-stdin"),
        (("-u", "alice", "-p", "x", "--password-stdin"), "--password"),
    ],
)
def test_refusals(both: dict[str, tuple[Run, Path]], arguments: tuple[str, ...], words: str) -> None:
    for run, _ in both.values():
        done = run("login", *arguments, "127.0.0.1:1")
        assert (done.returncode, words in done.stderr) == (1, True), done.stderr


def test_asked_on_a_terminal(docker: Docker, locked: RunningRegistry, tmp_path: Path) -> None:
    """The name is shown as it is typed, the password isn't."""
    environment = {**(docker.client.environment or dict(os.environ)), "DOCKER_CONFIG": str(tmp_path)}
    leader, follower = pty.openpty()
    command = [str(PROGRAMS / "dockyard"), "-H", docker.host, "login", locked.address]
    with subprocess.Popen(command, stdin=follower, stdout=follower, stderr=follower, env=environment) as process:
        os.close(follower)
        shown = _until(leader, "Username: ")
        os.write(leader, b"alice\n")
        shown += _until(leader, "Password: ")
        time.sleep(0.05)  # until echo is off
        os.write(leader, b"s3cret\n")
        shown += _until(leader, "Login Succeeded")
        assert process.wait(20) == 0
    os.close(leader)
    assert ("alice" in shown, "s3cret" in shown) == (True, False)


def _until(leader: int, words: str) -> str:
    text = ""
    while words not in text:
        text += os.read(leader, 1000).decode()
    return text


def test_what_login_kept_is_used(both: dict[str, tuple[Run, Path]], locked: RunningRegistry) -> None:
    run, _ = both["dockyard"]
    upload(locked.address, "mine", image_pack([busybox_layer()]), "latest", {"Authorization": "Basic YWxpY2U6czNjcmV0"})
    name = f"{locked.address}/mine"
    assert "no basic auth credentials" in run("pull", name).stderr
    assert run("login", "-u", "alice", "-p", "s3cret", locked.address).returncode == 0
    pulled = run("pull", "-q", name)
    assert (pulled.returncode, pulled.stdout) == (0, f"{name}:latest\n"), pulled.stderr
    run("rmi", name)


def test_a_config_that_cannot_be_read_is_not_replaced(
    both: dict[str, tuple[Run, Path]], locked: RunningRegistry
) -> None:
    run, home = both["dockyard"]
    home.mkdir()
    (home / "config.json").write_text("{ not JSON")
    done = run("login", "-u", "alice", "-p", "s3cret", locked.address)
    assert (done.returncode, "config.json" in done.stderr) == (1, True)
    assert (home / "config.json").read_text() == "{ not JSON"


@pytest.mark.row("C15")
def test_search_prints_what_dockers_does(both: dict[str, tuple[Run, Path]]) -> None:
    long = "a description that is longer than\nforty-five columns, 日本語 too"
    found = [
        {"name": "busybox", "description": long, "star_count": 30, "is_official": True, "is_automated": False},
        {"name": "me/busybox", "description": "", "star_count": 2000, "is_official": False, "is_automated": False},
    ]

    def index(asked: Asked) -> Answer | None:
        if asked.path.startswith("/v1/search"):
            return Answer(body=json.dumps({"num_results": 2, "results": found}).encode())
        return Answer(body=b"{}")

    with faulty_registry({}) as it:
        it.fault = index
        term = f"{it.address}/busy"
        for arguments in (
            ("search", "--no-trunc", term),
            ("search", "--format", "{{.Name}}|{{.Description}}|{{.StarCount}}|{{.IsOfficial}}", term),
            ("search", "--filter", "stars=100", "--format", "json", term),
            ("search", "--limit", "101", term),
            ("search",),
            ("search", "--filter", "nonsense=1", term),
        ):
            theirs, ours = (both[who][0](*arguments) for who in ("docker", "dockyard"))
            assert ours.returncode == theirs.returncode, (arguments, ours.stderr, theirs.stderr)
            if "json" not in arguments and not (theirs.stdout and "AUTOMATED" in theirs.stdout):
                assert ours.stdout == theirs.stdout, arguments
            if theirs.stderr and len(arguments) > 1:
                assert ours.stderr == theirs.stderr, arguments
