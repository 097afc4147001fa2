"""Parts of the shim that are pure, or nearly so."""

import json
import os
import signal
from pathlib import Path

import pytest

from dockyard.errors import Conflict, DockyardError, InvalidParameter, SystemFailure
from dockyard.fs.mount import Mount
from dockyard.fs.mounting import parse_options
from dockyard.linux import mount as kernel
from dockyard.shim.bury import mend_log
from dockyard.shim.directory import ShimDirectory, start_time
from dockyard.shim.execs import check_exec_id, failure_code
from dockyard.shim.exit_record import exit_record, read_exit, write_exit
from dockyard.shim.json_log import JsonFormat
from dockyard.shim.log_rotation import oldest_first
from dockyard.shim.loop import Loop
from dockyard.shim.main import asks_for_shim, find_container_id
from dockyard.shim.messages import CreateRequest, ExternalRuntime
from dockyard.shim.multiplex import header
from dockyard.shim.oom_protection import set_score
from dockyard.shim.replay import Replay
from dockyard.shim.rootfs import mount_all
from dockyard.shim.runtime_command import run_command
from dockyard.shim.status import Status, check_move
from dockyard.shim.title import shim_arguments


def test_header_of_a_frame() -> None:
    assert header("stderr", 258) == b"\x02\0\0\0\0\0\x01\x02"


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ('exec: "x": executable file not found in $PATH', 127),
        ('exec: "/x": stat /x: no such file or directory', 127),
        ('exec: "/x": permission denied', 126),
        ('exec: "/": is a directory', 126),
        ("anything else", 126),
    ],
)
def test_exit_code_of_what_cannot_be_executed(message: str, code: int) -> None:
    assert failure_code(message) == code


@pytest.mark.parametrize("exec_id", ["", ".", "..", "a/b", "/", ".x"])
def test_an_exec_id_must_be_a_file_name(exec_id: str) -> None:
    with pytest.raises(SystemFailure):
        check_exec_id(exec_id)


@pytest.mark.parametrize(
    ("words", "flags", "propagation", "data"),
    [
        ((), 0, 0, ""),
        (("ro", "nosuid"), kernel.MS_RDONLY | kernel.MS_NOSUID, 0, ""),
        (("ro", "rw"), 0, 0, ""),
        (("rbind", "rslave"), kernel.MS_BIND | kernel.MS_REC, kernel.MS_SLAVE | kernel.MS_REC, ""),
        (("lowerdir=/a:/b", "ro", "upperdir=/u"), kernel.MS_RDONLY, 0, "lowerdir=/a:/b,upperdir=/u"),
    ],
)
def test_words_of_a_mount(words: tuple[str, ...], flags: int, propagation: int, data: str) -> None:
    assert parse_options(words) == (flags, propagation, data)


def test_options_that_mount_would_cut_are_refused() -> None:
    with pytest.raises(InvalidParameter, match="too long"):
        mount_all([Mount("overlay", "overlay", "/nowhere", ("lowerdir=" + "/x" * 3000,))])


@pytest.mark.parametrize(
    ("status", "code", "number"), [(0, 0, 0), (42 << 8, 42, 0), (9, 137, 9), (15, 143, 15), (11 | 0x80, 139, 11)]
)
def test_exit_record_of_a_wait_status(status: int, code: int, number: int) -> None:
    record = exit_record(status, oom_killed=True, finished_at_ns=5)
    assert record == (code, number, True, 5, "", 0)


def test_exit_record_on_disk(tmp_path: Path) -> None:
    directory = ShimDirectory(str(tmp_path))
    assert read_exit(directory) is None
    record = exit_record(9, oom_killed=False, finished_at_ns=7)
    write_exit(directory, record)
    assert read_exit(directory) == record
    for torn in (b"", b"{", b"[]", b'{"exit_code": 1, "unknown": 2}'):
        (tmp_path / "exit").write_bytes(torn)
        assert read_exit(directory) is None


@pytest.mark.parametrize(
    ("present", "wanted"),
    [(Status.STOPPED, Status.RUNNING), (Status.CREATED, Status.PAUSED), (Status.PAUSED, Status.PAUSED)],
)
def test_a_move_that_cannot_be_names_both_states(present: Status, wanted: Status) -> None:
    with pytest.raises(Conflict, match=f"is {present.value}: it can't become {wanted.value}"):
        check_move("c", present, wanted)


def test_title() -> None:
    assert shim_arguments("i", "/d", "/a")[1:] == ["-namespace", "moby", "-id", "i", "-workdir", "/d", "-address", "/a"]


@pytest.mark.parametrize(
    ("data", "container_id"),
    [
        (b'{"seq":1,"op":"create","container_id":"ab12","bundle":"x"}', "ab12"),
        (b'{"seq":1,"op":"create","container_id":"../x"}', ""),
        (b'{"seq":1,"op":"create","container_id":""}', ""),
        (b'{"seq":1,"op":"create"}', ""),
        (b'{"container_id":"ab', ""),
    ],
)
def test_id_in_an_unparsed_request(data: bytes, container_id: str) -> None:
    assert find_container_id(data) == container_id


def test_what_asks_for_a_shim() -> None:
    assert asks_for_shim(b'{"seq":1,"op":"create","container_id":"x"}')
    assert not asks_for_shim(b'{"seq":1,"op":"ping"}')


def test_a_shim_directory_is_cleared_but_for_what_the_engine_put_there(tmp_path: Path) -> None:
    for name in ("config.json", "shim.log", "shim.sock", "exit", "pid", "shim.json"):
        (tmp_path / name).write_text("x")
    (tmp_path / "exec").mkdir()
    (tmp_path / "exec/1.json").write_text("{}")
    ShimDirectory(str(tmp_path)).clear()
    assert sorted(os.listdir(tmp_path)) == ["config.json", "shim.log", "shim.sock"]


def test_a_keeper_is_known_by_its_start_time(tmp_path: Path) -> None:
    directory = ShimDirectory(str(tmp_path))
    assert directory.read_keeper() is None
    directory.write_keeper(os.getpid(), CreateRequest("c", str(tmp_path)))
    keeper = directory.read_keeper()
    assert keeper is not None
    assert directory.keeper_lives(keeper)
    assert not directory.keeper_lives({**keeper, "start_time": keeper["start_time"] + 1})
    assert not directory.keeper_lives({})
    assert start_time(2**22 + 1) is None


@pytest.mark.parametrize(
    ("before", "after"),
    [(b"", b""), (b"a\nb\n", b"a\nb\n"), (b"a\nb", b"a\n"), (b"torn", b""), (b"x" * 70_000, b"x" * 70_000)],
)
def test_the_half_line_of_a_killed_shim_is_cut_off(tmp_path: Path, before: bytes, after: bytes) -> None:
    """Unless no line ends within the last 64 KiB, which no log of ours has."""
    path = tmp_path / "log"
    path.write_bytes(before)
    mend_log(str(path))
    assert path.read_bytes() == after


def test_replay_goes_from_the_oldest_file_to_the_newest_and_passes_torn_lines_over(tmp_path: Path) -> None:
    def line(text: str, stream: str = "stdout") -> str:
        return json.dumps({"log": text, "stream": stream, "time": "t"}) + "\n"

    (tmp_path / "log.2").write_text(line("1\n") + '{"log":"to\n' + line("2\n", "stderr"))
    (tmp_path / "log.1").write_text(line("3\n"))
    (tmp_path / "log").write_text(line("4"))
    replay = Replay(oldest_first(str(tmp_path / "log"), 5), JsonFormat.read)
    assert replay.batch() == [("stdout", b"1\n"), ("stderr", b"2\n"), ("stdout", b"3\n"), ("stdout", b"4")]
    assert replay.batch() == []
    with open(tmp_path / "log", "a", encoding="utf-8") as file:
        file.write(line("5\n"))
    assert replay.batch() == [("stdout", b"5\n")]
    replay.close()


def test_an_error_in_a_handler_is_reported_and_the_loop_goes_on() -> None:
    errors: list[BaseException] = []
    loop = Loop(errors.append)

    def fail() -> None:
        raise RuntimeError("broken")

    loop.call_later(0, fail)
    loop.call_later(0.001, loop.stop)
    loop.run()
    loop.close()
    assert [str(error) for error in errors] == ["broken"]


def test_timers_run_in_order_and_may_be_cancelled() -> None:
    called: list[int] = []
    loop = Loop(lambda error: None)
    loop.call_later(0.002, lambda: called.append(2))
    loop.call_later(0.001, lambda: called.append(1))
    loop.call_later(0.0015, lambda: called.append(3)).cancel()
    loop.call_later(0.005, loop.stop)
    loop.run()
    loop.close()
    assert called == [1, 2]


def test_signals_wake_the_loop() -> None:
    loop = Loop(lambda error: None)
    loop.on_signal(signal.SIGUSR2, loop.stop)
    os.kill(os.getpid(), signal.SIGUSR2)
    loop.run()
    loop.close()


def script(path: Path, text: str) -> ExternalRuntime:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return ExternalRuntime(str(path), ("--own",))


def test_a_runtime_command_gets_its_arguments_and_input(tmp_path: Path) -> None:
    runtime = script(tmp_path / "rt", 'echo "$@"; cat')
    log = str(tmp_path / "log")
    answer = run_command(runtime, "/root", log, ["update", "-r", "-"], stdin=b"given")
    assert answer.decode() == f"--own --root /root --log {log} --log-format json update -r -\ngiven"


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ('echo \'{"level":"error","msg":"the reason"}\' > $5; exit 1', SystemFailure, "the reason"),
        (
            'echo \'{"level":"error","msg":"a: exec: \\"x\\": not found"}\' > $5; exit 1',
            InvalidParameter,
            'exec: "x": not found',
        ),
        ("echo said >&2; exit 3", SystemFailure, "said"),
        ("exit 3", SystemFailure, "exit status 3"),
    ],
)
def test_a_failing_runtime_command(tmp_path: Path, text: str, error: type[DockyardError], message: str) -> None:
    with pytest.raises(error, match=message):
        run_command(script(tmp_path / "rt", text), "/root", str(tmp_path / "log"), ["start"])


def test_a_runtime_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SystemFailure, match="No such file or directory"):
        run_command(ExternalRuntime("/none/such"), "/root", str(tmp_path / "log"), ["start"])


def test_a_score_is_written_unless_it_is_that_already_and_a_refusal_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "oom_score_adj"
    file.write_text("0\n")
    set_score(-998, str(file))
    assert file.read_text() == "-998"

    def refuse(*_arguments: object) -> int:
        raise PermissionError

    monkeypatch.setattr(os, "pwrite", refuse)
    set_score(5, str(file))
    assert file.read_text() == "-998"
