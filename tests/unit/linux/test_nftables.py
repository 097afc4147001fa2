"""nftables: what is found out before the library may take the daemon along."""

from pathlib import Path

import pytest

from dockyard.errors import Unavailable
from dockyard.linux.nftables import check_that_tables_can_be_read


def program(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = folder / "nft"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))


def test_a_program_that_crashes_on_the_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path, "kill -SEGV $$", monkeypatch)
    with pytest.raises(Unavailable, match=r"nft list ruleset is killed by SIGSEGV here.* --iptables=false"):
        check_that_tables_can_be_read()


@pytest.mark.parametrize("script", ["exit 0", "exit 1"])
def test_one_that_ends_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Also with an error: the library says it better, and when it matters."""
    program(tmp_path, script, monkeypatch)
    check_that_tables_can_be_read()


def test_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    check_that_tables_can_be_read()
