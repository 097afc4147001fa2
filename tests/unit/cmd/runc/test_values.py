"""Small grammars of the command line: durations, sizes, signals, cgroups, descriptors, pid files."""

import os
from pathlib import Path

import pytest

from dockyard.cmd.runc.descriptors import Handed, handed
from dockyard.cmd.runc.durations import parse_duration
from dockyard.cmd.runc.kill import parse_signal
from dockyard.cmd.runc.pid_file import write_pid_file
from dockyard.cmd.runc.sizes import parse_size
from dockyard.cmd.runc.sub_cgroups import sub_cgroups
from dockyard.errors import InvalidParameter, NotFound


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("5s", 5), ("0", 0), ("250ms", 0.25), ("1m30s", 90), ("1.5h", 5400), ("-1s", -1), ("+2s", 2), ("10us", 1e-5)],
)
def test_durations(text, seconds):
    assert parse_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "5", "s", "5x", "1s2", "..s", "1.2.3s", "5 s"])
def test_what_is_no_duration(text):
    with pytest.raises(ValueError):
        parse_duration(text)


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("0", 0),
        ("1000", 1000),
        ("1b", 1),
        ("64m", 64 << 20),
        ("64M", 64 << 20),
        ("1.5g", 3 << 29),
        ("2GiB", 2 << 30),
        ("1 kb", 1024),
    ],
)
def test_sizes(text, size):
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "m", "-1", "1x", "1mm", "1.m.2", "abc", "1ib", "٣m"])
def test_what_is_no_size(text):
    with pytest.raises(ValueError):
        parse_size(text)


@pytest.mark.parametrize(("text", "number"), [("9", 9), ("KILL", 9), ("SIGKILL", 9), ("sigterm", 15), ("usr1", 10)])
def test_signals(text, number):
    assert parse_signal(text) == number


def test_what_is_no_signal():
    with pytest.raises(InvalidParameter, match=r'^unknown signal "NOPE"$'):
        parse_signal("NOPE")


@pytest.mark.parametrize(
    ("values", "paths"),
    [((), {}), (("sub",), {"": "sub"}), (("cpu,memory:sub", "pids:x"), {"cpu": "sub", "memory": "sub", "pids": "x"})],
)
def test_sub_cgroups(values, paths):
    assert sub_cgroups(values) == paths


@pytest.mark.parametrize("values", [("a:b:c",), ("sub", "cpu:x"), ("cpu:x", "sub")])
def test_what_is_no_sub_cgroup(values):
    with pytest.raises(InvalidParameter, match="invalid --cgroup argument"):
        sub_cgroups(values)


def test_descriptors():
    assert handed(0, {}) == Handed(0)
    assert handed(0, {"LISTEN_FDS": "2", "LISTEN_PID": "1"}) == Handed(0)
    own = {"LISTEN_FDS": "2", "LISTEN_PID": str(os.getpid())}
    assert handed(0, own) == Handed(2, ("LISTEN_FDS=2", "LISTEN_PID=1"))
    with pytest.raises(InvalidParameter, match=r"unable to stat preserved-fd 0 \(of 1\)"):
        handed(1, {"LISTEN_FDS": "5000", "LISTEN_PID": str(os.getpid())})
    with pytest.raises(InvalidParameter):
        handed(-1, {})


def test_the_pid_file_is_there_complete(tmp_path: Path):
    write_pid_file(str(tmp_path / "pid"), 1234)
    assert (tmp_path / "pid").read_text() == "1234"
    assert os.listdir(tmp_path) == ["pid"]
    with pytest.raises(NotFound, match="no such file or directory"):
        write_pid_file(str(tmp_path / "missing/pid"), 1)


def test_a_device_as_pid_file_stays_one(tmp_path: Path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    write_pid_file(str(pipe), 1234)
    assert os.read(reader, 10) == b"1234"
    os.close(reader)
    assert pipe.is_fifo()
