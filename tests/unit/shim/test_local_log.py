"""The local log, byte for byte, and read back by what `docker logs` reads it with."""

from pathlib import Path

from dockyard.logdrivers.local_entries import Entry, Partial, read_entries
from dockyard.shim.container_log import ContainerLog
from dockyard.shim.local_log import LocalFormat, varint
from dockyard.shim.log_rotation import RotatingFile

NOW_NS = 1_700_000_000_120_000_000


def _raise(error: BaseException) -> None:
    raise error


def written(path: Path, *writes: tuple[str, bytes], attributes: dict[str, str] | None = None, size: int = 0) -> Path:
    """The file after `writes` and the end of both streams."""
    form = LocalFormat(attributes)
    log = ContainerLog(RotatingFile(str(path / "log"), size, 100, _raise, form), form, lambda: NOW_NS)
    for stream, data in writes:
        log.write(stream, data)
    log.close()
    return path / "log"


def entries(path: Path) -> list[Entry]:
    with path.open("rb") as file:
        return list(read_entries(file))


def test_a_line_is_what_docker_s_daemon_writes(tmp_path: Path) -> None:
    # tests/e2e/logs/test_local_and_docker.py compares with the real one
    assert written(tmp_path, ("stdout", b"hello\n")).read_bytes() == (
        b"\0\0\0\x19\n\x06stdout\x10" + varint(NOW_NS) + b"\x1a\x05hello" + b"\0\0\0\x19"
    )


def test_lines_of_both_streams_with_empty_and_unfinished_ones(tmp_path: Path) -> None:
    found = entries(written(tmp_path, ("stdout", b"a\n\nb"), ("stderr", b"e\n"), ("stdout", b"c\nend")))
    assert [(entry.stream, entry.line) for entry in found] == [
        ("stdout", b"a"),
        ("stdout", b""),
        ("stderr", b"e"),
        ("stdout", b"bc"),
        ("stdout", b"end"),
    ]
    assert {entry.time_ns for entry in found} == {NOW_NS}
    assert [entry.partial for entry in found[:-1]] == [None] * 4
    assert found[-1].partial is not None
    assert found[-1].partial[1:] == (1, False)


def test_a_long_line_is_numbered_pieces_of_one_id(tmp_path: Path) -> None:
    found = entries(written(tmp_path, ("stdout", b"x" * 40_000 + b"\nnext\n")))
    partials = [entry.partial for entry in found]
    assert b"".join(entry.line for entry in found[:-1]) == b"x" * 40_000
    assert [partial and partial[1:] for partial in partials] == [(1, False), (2, False), (3, True), None]
    assert len({partial.id for partial in partials if partial is not None}) == 1
    assert isinstance(partials[0], Partial)
    assert len(partials[0].id) == 64


def test_attributes_come_back(tmp_path: Path) -> None:
    found = entries(written(tmp_path, ("stdout", b"x\n"), attributes={"tag": "t", "label": "ä", "empty": ""}))
    assert found[0].attributes == {"tag": "t", "label": "ä", "empty": ""}


def test_files_are_cut_between_entries(tmp_path: Path) -> None:
    text = b"".join(b"line %d %s\n" % (number, b"x" * (number % 50)) for number in range(300))
    log = written(tmp_path, ("stdout", text), size=500)
    files = [log.with_name(f"log.{number}") for number in range(99, 0, -1)] + [log]
    found = [entry.line for file in files if file.exists() for entry in entries(file)]
    assert b"".join(line + b"\n" for line in found) == text
    assert sum(file.exists() for file in files) > 20


def test_what_a_killed_shim_tore_is_taken_away(tmp_path: Path) -> None:
    log = written(tmp_path, ("stdout", b"one\ntwo\n"))
    whole = log.read_bytes()
    log.write_bytes(whole[:-3])
    written(tmp_path, ("stdout", b"three\n"))
    assert [entry.line for entry in entries(log)] == [b"one", b"three"]
