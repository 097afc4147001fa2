"""Volumes renamed, cloned, exported and imported: `dockyard volume …`, which Docker doesn't have."""

import contextlib
import io
import json
import subprocess
import tarfile
from pathlib import Path

import pytest
from tests.peers.programs import Program
from tests.support.client import Docker
from tests.support.engine import PROGRAMS, Engine

pytestmark = [pytest.mark.dockyard_only, pytest.mark.row("X9")]

FILL = """
cd /data && mkdir -p d/e && echo text > d/file && ln d/file d/hard && ln -s file d/soft && chmod 4711 d/file
chown -R 1000:1001 d/e && mkfifo d/pipe && dd if=/dev/urandom of=big bs=64k count=20 2>/dev/null
truncate -s 1048576 sparse && chown 33:33 . && chmod 2770 .
"""
SUM = """
cd /data && find . | sort | xargs stat -c '%n %a %u %g %F %h' | sed 's/ [0-9]*$//'
find . -type f | sort | xargs md5sum; readlink d/soft; stat -c '%i' d/file d/hard | uniq | wc -l
"""


@pytest.fixture
def dockyard(docker: Docker) -> Docker:
    return Docker(Program(str(PROGRAMS / "dockyard"), (), docker.client.environment))


@pytest.fixture
def filled(docker: Docker) -> str:
    docker("volume", "create", "--label", "of=test", "origin")
    docker("run", "--rm", "-v", "origin:/data", "busybox", "sh", "-ec", FILL)
    return checksum(docker, "origin")


def checksum(docker: Docker, volume: str) -> str:
    return docker("run", "--rm", "-v", f"{volume}:/data:nocopy", "busybox", "sh", "-ec", SUM)


def test_rename(docker: Docker, dockyard: Docker, filled: str) -> None:
    user = docker("create", "-v", "origin:/data", "busybox")
    assert "volume is in use" in dockyard.result("volume", "rename", "origin", "other").err
    docker("rm", user)
    assert dockyard("volume", "rename", "origin", "other") == "other"
    assert checksum(docker, "other") == filled
    assert docker("volume", "inspect", "-f", "{{.Labels}}", "other") == "map[of:test]"
    assert "no such volume" in docker.result("volume", "inspect", "origin").err
    docker("volume", "create", "taken")
    assert "already exists" in dockyard.result("volume", "rename", "other", "taken").err
    assert "includes invalid characters" in dockyard.result("volume", "rename", "other", "a/b").err
    docker("volume", "rm", "other", "taken")


def test_an_anonymous_volume_that_gets_a_name_is_kept(docker: Docker, dockyard: Docker) -> None:
    made = [docker("volume", "create") for _ in range(2)]
    dockyard("volume", "rename", made[0], "renamed")
    dockyard("volume", "clone", made[1], "cloned")
    docker("volume", "prune", "-f")
    assert docker("volume", "ls", "-q", "--filter", "driver=local").split("\n") == ["cloned", "renamed"]
    docker("volume", "rm", "renamed", "cloned")


def test_clone(docker: Docker, dockyard: Docker, filled: str) -> None:
    assert dockyard("volume", "clone", "origin", "copy") == "copy"
    assert checksum(docker, "copy") == checksum(docker, "origin") == filled
    docker("run", "--rm", "-v", "copy:/data", "busybox", "rm", "-r", "/data/d")
    assert checksum(docker, "origin") == filled
    assert "already exists" in dockyard.result("volume", "clone", "origin", "copy").err
    assert "no such volume" in dockyard.result("volume", "clone", "nope", "new").err
    docker("volume", "rm", "origin", "copy")


def test_export_and_import(docker: Docker, dockyard: Docker, filled: str, tmp_path: Path) -> None:
    dockyard("volume", "export", "-o", str(tmp_path / "v.tar"), "origin")
    assert dockyard("volume", "import", str(tmp_path / "v.tar"), "back") == "back"
    assert checksum(docker, "back") == filled
    assert "already exists" in dockyard.result("volume", "import", str(tmp_path / "v.tar"), "back").err
    docker("volume", "rm", "origin", "back")


@pytest.mark.parametrize(
    "archive",
    [b"no archive at all" * 100, b""],
    ids=["noise", "empty"],
)
def test_what_is_no_archive_leaves_nothing(docker: Docker, dockyard: Docker, archive: bytes) -> None:
    result = dockyard.result("volume", "import", "-", "bad", stdin=archive)
    assert result.code == 1
    assert docker("volume", "ls", "-q", "--filter", "name=bad") == ""


def test_half_an_archive_is_refused(docker: Docker, dockyard: Docker, filled: str, tmp_path: Path) -> None:
    dockyard("volume", "export", "-o", str(tmp_path / "v.tar"), "origin")
    whole = (tmp_path / "v.tar").read_bytes()
    ends = [len(whole) // 2, len(whole.rstrip(b"\0")) // 512 * 512 + 512]  # in the middle; only the end is missing
    for end in ends:
        assert "unexpected EOF" in dockyard.result("volume", "import", "-", "half", stdin=whole[:end]).err
        assert docker("volume", "ls", "-q", "--filter", "name=half") == ""
    docker("volume", "rm", "origin")


def test_a_hostile_archive_stays_inside(docker: Docker, dockyard: Docker, tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        link = tarfile.TarInfo("out")
        link.type, link.linkname = tarfile.SYMTYPE, str(tmp_path)
        tar.addfile(link)
        for name in ("out/through-a-link", "../../above"):
            member = tarfile.TarInfo(name)
            member.size = 1
            tar.addfile(member, io.BytesIO(b"x"))
    dockyard.result("volume", "import", "-", "hostile", stdin=buffer.getvalue())
    assert list(tmp_path.iterdir()) == []
    point = (
        json.loads(docker("volume", "inspect", "hostile"))[0]["Mountpoint"]
        if docker("volume", "ls", "-q", "--filter", "name=hostile")
        else ""
    )
    assert not point or not (Path(point).parent.parent / "above").exists()
    docker.result("volume", "rm", "hostile")


def test_a_daemon_killed_while_it_clones(own_engine: Engine) -> None:
    docker = own_engine.docker
    docker("volume", "create", "origin")
    docker("run", "--rm", "-v", "origin:/data", "busybox", "sh", "-ec", FILL)
    dockyard = Docker(Program(str(PROGRAMS / "dockyard"), (), docker.client.environment))
    for pause in (0.0, 0.02, 0.05):
        cloning = dockyard.start("volume", "clone", "origin", "copy")
        with contextlib.suppress(subprocess.TimeoutExpired):
            cloning.wait(pause + 0.08)
        own_engine.restart()
        cloning.wait()
        volumes = docker("volume", "ls", "-q").split("\n")
        assert set(volumes) <= {"origin", "copy"}
        if "copy" in volumes:
            assert checksum(docker, "copy") == checksum(docker, "origin")
            docker("volume", "rm", "copy")
        root = Path(docker("volume", "inspect", "-f", "{{.Mountpoint}}", "origin")).parent.parent
        assert not [name for name in root.iterdir() if name.name.startswith(".")]
