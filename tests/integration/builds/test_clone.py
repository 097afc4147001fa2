"""Repositories from servers that give nothing shallow, and from those that never answer."""

import asyncio
import functools
import os
import socket
import subprocess
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from tests.support.wait import wait_until

from dockyard.builder.context.clone import clone
from dockyard.builder.graph import GitTree
from dockyard.errors import DeadlineExceeded, InvalidParameter
from dockyard.store.distribution.registry.proxies import Proxies


class Quiet(SimpleHTTPRequestHandler):
    """Files over HTTP, told nobody."""

    def log_message(self, *_: object) -> None:
        """Nothing."""


def git(home: Path, *arguments: str) -> str:
    """What git says."""
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"}
    who = ("-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "init.defaultBranch=trunk")
    done = subprocess.run(["git", *who, *arguments], cwd=home, env=environment, check=True, capture_output=True)
    return done.stdout.decode().strip()


@pytest.fixture
def plain_server(tmp_path: Path) -> Iterator[str]:
    """The URL of a repository as plain files: its default branch `trunk` has `f` = two, and one before it."""
    work = tmp_path / "work"
    work.mkdir()
    git(work, "init", "-q")
    for text in ("one", "two"):
        (work / "f").write_text(text)
        git(work, "add", "f")
        git(work, "commit", "-q", "-m", text)
    git(work, "tag", "first", "HEAD~1")
    git(tmp_path, "clone", "-q", "--bare", str(work), "bare.git")
    git(tmp_path / "bare.git", "update-server-info")
    with ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(tmp_path))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/bare.git"
        server.shutdown()


def cloned(tree: GitTree, directory: Path, seconds: float = 60) -> str:
    """What `f` is in a clone."""
    directory.mkdir()
    folder = asyncio.run(clone(tree, str(directory), lambda said: None, proxies=Proxies(), seconds=seconds))
    return Path(folder, "f").read_text()


def test_a_server_that_gives_nothing_shallow(tmp_path: Path, plain_server: str) -> None:
    """Its default branch, which may have any name; a branch; a tag; a commit."""
    commit = git(tmp_path / "work", "rev-parse", "HEAD~1")
    for number, (reference, text) in enumerate((("", "two"), ("trunk", "two"), ("first", "one"), (commit, "one"))):
        assert cloned(GitTree(plain_server, reference), tmp_path / str(number)) == text, reference
    assert cloned(GitTree(plain_server, "first", checksum=commit[:9].upper()), tmp_path / "checked") == "one"
    with pytest.raises(InvalidParameter, match="expected checksum to match"):
        cloned(GitTree(plain_server, "trunk", checksum=commit), tmp_path / "other")


def test_a_checksum_is_a_commit_s(tmp_path: Path) -> None:
    with pytest.raises(InvalidParameter, match="invalid checksum foobar for Git URL, expected hex commit hash"):
        cloned(GitTree("http://127.0.0.1:1/x", checksum="foobar"), tmp_path / "x")


@pytest.mark.parametrize("how", ["late", "cancelled"])
def test_nothing_of_git_is_left(tmp_path: Path, how: str) -> None:
    """git's helper that waits for the server ends with it."""
    directory = tmp_path / "x"
    directory.mkdir()

    async def run(url: str) -> None:
        seconds = 1 if how == "late" else 60
        work = asyncio.create_task(
            clone(GitTree(url), str(directory), lambda said: None, proxies=Proxies(), seconds=seconds)
        )
        if how == "cancelled":
            await asyncio.to_thread(wait_until, lambda: "git-remote-http" in within(directory), "git's helper")
            work.cancel()
        with pytest.raises(DeadlineExceeded if how == "late" else asyncio.CancelledError):
            await work

    with socket.create_server(("127.0.0.1", 0)) as silent:
        asyncio.run(run(f"http://127.0.0.1:{silent.getsockname()[1]}/x"))
        wait_until(lambda: not within(directory), "the end of git's helper", 5)


def within(directory: Path) -> list[str]:
    """The names of the processes whose working directory it is."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if os.readlink(process / "cwd").startswith(str(directory)):
                found.append((process / "comm").read_text().strip())
        except OSError:
            continue
    return found
