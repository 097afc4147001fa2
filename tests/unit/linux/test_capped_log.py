"""Logs of programs of ours stay small."""

import os
from pathlib import Path

from dockyard.linux.capped_log import LIMIT_BYTES, cut, open_log


def test_a_log_is_cut_and_keeps_its_end(tmp_path: Path) -> None:
    path = tmp_path / "log"
    with open_log(str(path)) as log:
        log.write(b"a line\n" * LIMIT_BYTES)
    with open_log(str(path)) as log:
        log.write(b"the last\n")
    assert path.stat().st_size <= LIMIT_BYTES
    assert path.read_bytes().startswith(b"a line\n")
    assert path.read_bytes().endswith(b"a line\nthe last\n")


def test_short_logs_and_what_is_no_file_are_left_alone(tmp_path: Path) -> None:
    with open_log(str(tmp_path / "log")) as log:
        log.write(b"a line\n")
    with open_log(str(tmp_path / "log")) as log:
        cut(log.fileno())
    assert (tmp_path / "log").read_bytes() == b"a line\n"
    reading, writing = os.pipe()
    cut(writing)
    os.close(reading)
    os.close(writing)
    cut(writing)
