"""Removing says never "device or resource busy", however many come and go at once; nothing stays mounted."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.support.client import Docker
from tests.support.engine import Engine
from tests.support.leaks import no_leaks

pytestmark = pytest.mark.dockyard_only

ROUNDS = int(os.environ.get("DOCKYARD_TEST_ROUNDS", "40"))
"""A thousand, for who has five minutes."""

AT_ONCE = 6


def test_containers_with_nested_mounts_come_and_go(engine: Engine, docker: Docker, tmp_path: Path) -> None:
    (tmp_path / "host").mkdir()
    docker("run", "--rm", "busybox", "true")  # what the first container of an image makes, stays

    def one(number: int) -> str:
        named = f"busy-{number % AT_ONCE}"
        mounts = ("-v", f"{named}:/a", "-v", f"{tmp_path}/host:/a/b", "--tmpfs", "/a/b/c", "-v", "/a/b/c/d")
        run = docker.result("run", "--rm", *mounts, "busybox", "sh", "-c", "echo x >> /a/log; touch /a/b/c/d/x")
        return run.err

    with no_leaks(engine):
        with ThreadPoolExecutor(AT_ONCE) as pool:
            assert set(pool.map(one, range(ROUNDS))) == {""}
        for number in range(AT_ONCE):
            assert docker("volume", "rm", f"busy-{number}") == f"busy-{number}"
        assert docker("volume", "ls", "-q") == ""
