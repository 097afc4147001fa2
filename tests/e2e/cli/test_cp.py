"""`dockyard cp` does what `docker cp` does: the same files arrive, and the same is said."""

import io
import os
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support.client import Docker
from tests.support.trees import snapshot

OUT = [
    ("/d", "."),
    ("/d", "new"),
    ("/d/", "there"),
    ("/d/.", "new"),
    ("/d/.", "there"),
    ("/d/f", "there"),
    ("/d/f", "new"),
    ("/d/f", "link"),
    ("/d/f", "nowhere/"),
    ("/d", "file"),
    ("/d/l", "new"),
    ("/dl/", "new"),
    ("/nowhere", "new"),
    ("/d/f/", "new"),
    ("/d", "nowhere/new"),
]


@pytest.fixture
def container(docker: Docker, sleeper: Callable[..., str]) -> str:
    """A container with a small tree at /d, and a link /dl to it."""
    found = sleeper()
    script = "mkdir -p /d/sub; echo f > /d/f; chmod 640 /d/f; ln -s f /d/l; ln /d/f /d/h; ln -s /d /dl"
    docker("exec", found, "sh", "-c", f"{script}; touch -d 2001-02-03 /d/f")
    return found


@pytest.mark.parametrize(("path", "target"), OUT)
@pytest.mark.parametrize("flags", [(), ("-L",)])
def test_from_a_container(
    docker: Docker, dockyard: Docker, container: str, tmp_path: Path, path: str, target: str, flags: tuple[str, ...]
) -> None:
    outcomes = []
    for client in (docker, dockyard):
        place = tmp_path / "place"
        (place / "there").mkdir(parents=True)
        (place / "file").write_text("here before")
        (place / "link").symlink_to("file")
        result = client.result("cp", *flags, f"{container}:{path}", local(place, target))
        files = {name: entry for name, entry in snapshot(place).items() if name not in ("there", "link", "file")}
        outcomes.append((result.code, result.err, without_directory_times(files)))
        place.rename(tmp_path / f"after-{len(outcomes)}")
    assert outcomes[0] == outcomes[1]


IN = [
    ("d", "/X"),
    ("d", "/X/new"),
    ("d/", "/X/there"),
    ("d/.", "/X/new"),
    ("d/.", "/X/there"),
    ("d/f", "/X/there"),
    ("d/f", "/X/file"),
    ("d/f", "/X/link"),
    ("d", "/X/file"),
    ("d/f", "/X/nowhere/"),
    ("d/f", "/X/nowhere/x"),
    ("d/l", "/X/new"),
    ("dl", "/X/new"),
    ("dl/", "/X/new"),
    ("nothing", "/X/new"),
]


@pytest.mark.parametrize(("path", "target"), IN)
@pytest.mark.parametrize("flags", [(), ("-L",), ("-a",)])
def test_into_a_container(
    docker: Docker, dockyard: Docker, container: str, tmp_path: Path, path: str, target: str, flags: tuple[str, ...]
) -> None:
    (tmp_path / "d" / "sub").mkdir(parents=True)
    (tmp_path / "d" / "f").write_text("f")
    os.chown(tmp_path / "d" / "f", 77, 78)
    (tmp_path / "d" / "l").symlink_to("f")
    os.link(tmp_path / "d" / "f", tmp_path / "d" / "h")
    (tmp_path / "dl").symlink_to("d")
    outcomes = []
    for client in (docker, dockyard):
        docker("exec", container, "sh", "-c", "mkdir -p /X/there; echo before > /X/file; ln -s file /X/link")
        result = client.result("cp", *flags, local(tmp_path, path), f"{container}:{target}")
        outcomes.append((result.code, last_line(result.err), members(docker.raw("cp", f"{container}:/X", "-"))))
        docker("exec", container, "rm", "-r", "/X")
    assert outcomes[0] == outcomes[1]


def test_standard_streams(dockyard: Docker, docker: Docker, container: str) -> None:
    archive = docker.raw("cp", f"{container}:/d", "-")
    assert dockyard.raw("cp", f"{container}:/d", "-") == archive
    dockyard("cp", "-", f"{container}:/tmp", stdin=archive)
    assert members(dockyard.raw("cp", f"{container}:/tmp/d", "-")) == members(archive)
    refused = dockyard.result("cp", "-", f"{container}:/d/f", stdin=archive)
    assert refused == docker.result("cp", "-", f"{container}:/d/f", stdin=archive)


NEWER = pytest.param(("x",), marks=pytest.mark.client("1.48"))
"""Docker 27's client says something else."""


@pytest.mark.parametrize("arguments", [("a", "b"), ("x:a", "y:b"), ("", "x:/"), ("x:/", ""), ("gone:/a", "."), NEWER])
def test_refusals(dockyard: Docker, docker: Docker, arguments: tuple[str, ...]) -> None:
    ours, theirs = dockyard.result("cp", *arguments), docker.result("cp", *arguments)
    assert (ours.code, ours.err.split("\n")[0]) == (
        theirs.code,
        theirs.err.split("\n")[0].replace("docker", "dockyard"),
    )


def local(directory: Path, name: str) -> str:
    """`name` in `directory`, with the end that it has."""
    return f"{directory}/{name}"


def last_line(text: str) -> str:
    """The error itself: the real client also logs that it couldn't send the rest."""
    lines = [line for line in text.splitlines() if not line.startswith("time=")]
    return lines[-1] if lines else ""


def without_directory_times(files: dict[str, tuple[object, ...]]) -> list[tuple[object, ...]]:
    """Entries without the times of directories and links, which say when the test ran."""
    return [
        (name, *(value for index, value in enumerate(entry) if index != 4 or str(entry[0]).startswith("-")))
        for name, entry in sorted(files.items())
    ]


def members(archive: bytes) -> list[tuple[object, ...]]:
    """What an archive says of each member, but for times of what the test itself made."""
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        return [(one.name, one.type, one.mode, one.uid, one.gid, one.size, one.linkname) for one in tar]
