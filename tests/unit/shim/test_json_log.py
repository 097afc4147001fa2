"""The json-file log, byte for byte."""

import json
from pathlib import Path

import pytest

from dockyard.shim.container_log import ContainerLog
from dockyard.shim.json_log import JsonFormat, escape, rfc3339_nano
from dockyard.shim.log_rotation import RotatingFile

NOW_NS = 1_700_000_000_120_000_000
NOW = "2023-11-14T22:13:20.12Z"


def written(path: Path, *writes: tuple[str, bytes], attributes: dict[str, str] | None = None) -> bytes:
    """The file after `writes` and the end of both streams."""
    file = RotatingFile(str(path / "log"), 0, 1, _no_error, JsonFormat(None))
    log = ContainerLog(file, JsonFormat(attributes), lambda: NOW_NS)
    for stream, data in writes:
        log.write(stream, data)
    log.close()
    return (path / "log").read_bytes()


def _no_error(error: BaseException) -> None:
    raise error


def test_a_line(tmp_path: Path) -> None:
    assert written(tmp_path, ("stdout", b"hello\n")) == (
        b'{"log":"hello\\n","stream":"stdout","time":"%s"}\n' % NOW.encode()
    )


def test_lines_of_both_streams_with_one_unfinished(tmp_path: Path) -> None:
    lines = written(tmp_path, ("stdout", b"a\nb\nc"), ("stderr", b"e\n"), ("stdout", b"d\n"), ("stderr", b"f"))
    entries = [json.loads(line) for line in lines.splitlines()]
    assert [(entry["stream"], entry["log"]) for entry in entries] == [
        ("stdout", "a\n"),
        ("stdout", "b\n"),
        ("stderr", "e\n"),
        ("stdout", "cd\n"),
        ("stderr", "f"),
    ]


def test_attributes_stand_before_the_time(tmp_path: Path) -> None:
    line = written(tmp_path, ("stdout", b"x\n"), attributes={"tag": "t", "label": "ä"})
    expected = '{"log":"x\\n","stream":"stdout","attrs":{"label":"ä","tag":"t"},"time":"' + NOW + '"}\n'
    assert line == expected.encode()


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        (b"plain", b"plain"),
        (b'say "hi" \\ back', b'say \\"hi\\" \\\\ back'),
        (b"<a&b>", b"\\u003ca\\u0026b\\u003e"),
        (b"tab\tcr\rbell\x07null\x00", b"tab\\u0009cr\\rbell\\u0007null\\u0000"),
        (b"del\x7f", b"del\x7f"),
        ("grüße €".encode(), "grüße €".encode()),
        ("line\u2028par\u2029".encode(), b"line\\u2028par\\u2029"),
        (b"\xff\xfe", b"\\ufffd\\ufffd"),
        (b"\xe2\x82a", b"\\ufffd\\ufffda"),
        (b"\xed\xa0\x80", b"\\ufffd\\ufffd\\ufffd"),
        (b"\xc3\xa9\xc3", b"\xc3\xa9\\ufffd"),
        (b'\xf0\x9f\x90\xb3"\x80', b'\xf0\x9f\x90\xb3\\"\\ufffd'),
        (b"\\u0041", b"\\\\u0041"),
    ],
)
def test_escaping_is_that_of_docker(text: bytes, escaped: bytes) -> None:
    assert escape(text) == escaped


def test_every_byte_survives_as_docker_would_show_it(tmp_path: Path) -> None:
    ascii_bytes = bytes(range(128))
    entry = json.loads(written(tmp_path, ("stdout", ascii_bytes.replace(b"\n", b"") + b"\n")))
    assert entry["log"] == ascii_bytes.replace(b"\n", b"").decode() + "\n"


def test_a_long_line_becomes_several_without_newline(tmp_path: Path) -> None:
    lines = written(tmp_path, ("stdout", b"x" * 40_000 + b"\n")).splitlines()
    logs = [json.loads(line)["log"] for line in lines]
    assert [len(log) for log in logs] == [16384, 16384, 7233]
    assert [log.endswith("\n") for log in logs] == [False, False, True]


@pytest.mark.parametrize(
    ("time_ns", "text"),
    [
        (NOW_NS, NOW),
        (1_700_000_000_000_000_000, "2023-11-14T22:13:20Z"),
        (1_700_000_000_123_456_789, "2023-11-14T22:13:20.123456789Z"),
        (1_700_000_000_000_000_001, "2023-11-14T22:13:20.000000001Z"),
        (0, "1970-01-01T00:00:00Z"),
    ],
)
def test_time_has_no_trailing_zeros(time_ns: int, text: str) -> None:
    assert rfc3339_nano(time_ns) == text


def test_an_unfinished_line_is_known(tmp_path: Path) -> None:
    log = ContainerLog(
        RotatingFile(str(tmp_path / "log"), 0, 1, _no_error, JsonFormat(None)), JsonFormat(None), lambda: NOW_NS
    )
    log.write("stdout", b"a\nprompt> ")
    assert log.unfinished("stdout") == b"prompt> "
    assert log.unfinished("stderr") == b""
    log.close()
