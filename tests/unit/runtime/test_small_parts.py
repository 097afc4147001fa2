"""Parts of the process's way to execve that are plain functions."""

import os
from pathlib import Path

import pytest

from dockyard.errors import DockyardError, Forbidden, InvalidParameter, NotFound, SystemFailure
from dockyard.runtime import clock
from dockyard.runtime.channel import GO, READY, open_channel
from dockyard.runtime.container_state import ContainerState, load, load_all, process_start_time, save
from dockyard.runtime.init.affinity import cpus
from dockyard.runtime.init.environment import home_of
from dockyard.runtime.init.executable import look_up
from dockyard.runtime.undo import Undo


@pytest.mark.parametrize(
    ("uid", "passwd", "home"),
    [
        (0, b"root:x:0:0:root:/root:/bin/sh\n", "/root"),
        (5, b"a:x:1:1::/a:\nb:x:5:1::/b:\nc:x:5:1::/c:\n", "/b"),
        (5, b"b:x:55:1::/b:\n", "/"),
        (5, b"b:x:5:1::\n", "/"),
        (5, b"b:x:5\n\n:::\n", "/"),
        (5, b"", "/"),
        (5, b"b:x:5:1::/\xff:\n", os.fsdecode(b"/\xff")),
    ],
)
def test_home(uid: int, passwd: bytes, home: str) -> None:
    assert home_of(uid, passwd) == home


@pytest.mark.parametrize(("text", "expected"), [("0", {0}), ("0-2,7", {0, 1, 2, 7}), (" 1 , 3-4", {1, 3, 4})])
def test_lists_of_processors(text: str, expected: set[int]) -> None:
    assert cpus(text) == expected


@pytest.mark.parametrize("text", ["", "a", "1-", "-1", "2-1", "1,,2", "99999999"])
def test_lists_that_are_none(text: str) -> None:
    with pytest.raises(InvalidParameter, match="invalid CPU list"):
        cpus(text)


def test_looking_a_program_up(tmp_path: Path) -> None:
    for name, mode in (
        ("a/prog", 0o755),
        ("b/prog", 0o755),
        ("a/plain", 0o644),
        ("b/plain", 0o755),
        ("a/dir/x", 0o755),
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        path.chmod(mode)
    path = f"{tmp_path}/none:{tmp_path}/a:{tmp_path}/b"
    assert look_up("prog", path) == f"{tmp_path}/a/prog"
    assert look_up("plain", path) == f"{tmp_path}/b/plain"
    assert look_up(f"{tmp_path}/a/prog", "") == f"{tmp_path}/a/prog"
    for name in ("dir", "nothing"):
        with pytest.raises(NotFound, match=f'exec: "{name}": executable file not found in \\$PATH'):
            look_up(name, path)
    with pytest.raises(Forbidden, match="permission denied"):
        look_up(f"{tmp_path}/a/plain", path)
    with pytest.raises(Forbidden, match="is a directory"):
        look_up(f"{tmp_path}/a", path)
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(Forbidden, match="too many levels of symbolic links"):
        look_up(f"{tmp_path}/loop", path)


@pytest.mark.parametrize(
    ("nanoseconds", "text"),
    [
        (0, "1970-01-01T00:00:00Z"),
        (1_700_000_000_123_456_789, "2023-11-14T22:13:20.123456789Z"),
        (1_700_000_000_120_000_000, "2023-11-14T22:13:20.12Z"),
    ],
)
def test_time_as_go_writes_it(nanoseconds: int, text: str) -> None:
    assert clock.rfc3339(nanoseconds) == text


def test_both_ends_talk() -> None:
    ours, theirs = open_channel()
    theirs.send(READY, extra=[1])
    assert ours.receive() == {"is": "ready", "extra": [1]}
    ours.send(GO)
    assert theirs.expect(GO) == {"is": "go"}
    theirs.send_error(NotFound("no such thing"))
    with pytest.raises(NotFound, match="no such thing"):
        ours.receive()
    theirs.send_error(ValueError("odd"))
    with pytest.raises(SystemFailure, match="ValueError: odd"):
        ours.receive()
    theirs.send(GO)
    with pytest.raises(SystemFailure, match="ready expected, but it go"):
        ours.expect(READY)
    os.write(theirs.writer, b"Traceback\n")
    with pytest.raises(SystemFailure, match="said: Traceback"):
        ours.receive()
    theirs.close()
    assert ours.receive() is None
    ours.close()


def test_errors_while_cleaning_up_are_added() -> None:
    steps: list[str] = []

    def fails() -> None:
        raise SystemFailure("second")

    with pytest.raises(InvalidParameter, match="first") as raised:
        with Undo() as undo:
            undo.push(lambda: steps.append("a"))
            undo.push(fails)
            undo.push(lambda: steps.append("c"))
            raise InvalidParameter("first")
    assert steps == ["c", "a"]
    assert raised.value.__notes__ == ["and while cleaning up: second"]
    with Undo() as undo:
        undo.push(fails)


def test_state_is_kept(tmp_path: Path) -> None:
    state = ContainerState(
        id="c", pid=os.getpid(), start_time=process_start_time(os.getpid()) or 0, bundle="/b", rootfs="/b/r",
        created="2023-11-14T22:13:20Z", state_root=str(tmp_path), namespaces=("pid",), cgroup_paths={"memory": "/m"},
        annotations={"k": "v"},
    )  # fmt: skip
    (tmp_path / "c").mkdir()
    save(state)
    assert load(str(tmp_path), "c") == state
    (tmp_path / "being-made").mkdir()
    assert load_all(str(tmp_path)) == [state]
    assert load_all(str(tmp_path / "nothing")) == []
    assert state.alive()
    assert not state._replace(start_time=1).alive()
    assert state._replace(pid=0).status() == "stopped"
    with pytest.raises(NotFound, match="container does not exist"):
        load(str(tmp_path), "other")
    (tmp_path / "c/state.json").write_text('{"id": "c"}')
    with pytest.raises(DockyardError, match="is damaged"):
        load(str(tmp_path), "c")


def test_start_time_of_what_is_gone() -> None:
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    assert process_start_time(pid) is None  # a zombie
    os.waitpid(pid, 0)
    assert process_start_time(pid) is None
