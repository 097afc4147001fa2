"""Lines as Docker cuts them, whatever the sizes of the reads."""

import random

from dockyard.shim.log_lines import MAX_LINE_BYTES, LineSplitter, Region


def split(*reads: bytes) -> list[bytes]:
    """Single log lines from some reads of a stream, with its end."""
    splitter = LineSplitter()
    regions = [region for read in reads for region in splitter.feed(read)] + splitter.end()
    lines: list[bytes] = []
    for text, complete in regions:
        lines += text.splitlines(keepends=True) if complete else [text]
    return lines


def docker_lines(stream: bytes) -> list[bytes]:
    """What Docker's copier does with a buffer of 16 KiB, written down naively."""
    lines = []
    buffer = b""
    for position in range(len(stream)):
        buffer += stream[position : position + 1]
        if buffer.endswith(b"\n") or len(buffer) == MAX_LINE_BYTES:
            lines.append(buffer)
            buffer = b""
    return lines + ([buffer] if buffer else [])


def test_unfinished_line_waits_for_its_end() -> None:
    splitter = LineSplitter()
    assert splitter.feed(b"one\ntw") == [Region(b"one\n", True)]
    assert splitter.pending == b"tw"
    assert splitter.feed(b"o\n") == [Region(b"two\n", True)]
    assert splitter.end() == []


def test_unfinished_line_at_the_end_has_no_newline() -> None:
    assert split(b"one\ntwo") == [b"one\n", b"two"]


def test_many_lines_are_one_region() -> None:
    data = b"0123456789\n" * 10_000
    assert LineSplitter().feed(data) == [Region(data, True)]


def test_long_line_is_cut_every_16_kib() -> None:
    long = b"x" * (2 * MAX_LINE_BYTES + 5) + b"\n"
    assert [len(line) for line in split(b"a\n", long, b"b\n")] == [2, MAX_LINE_BYTES, MAX_LINE_BYTES, 6, 2]


def test_line_of_exactly_16_kib_without_its_newline_leaves_an_empty_line() -> None:
    assert split(b"x" * MAX_LINE_BYTES + b"\n") == [b"x" * MAX_LINE_BYTES, b"\n"]
    assert split(b"x" * (MAX_LINE_BYTES - 1) + b"\n") == [b"x" * (MAX_LINE_BYTES - 1) + b"\n"]


def test_a_character_is_not_cut_in_two() -> None:
    for width, character in ((2, "é"), (3, "€"), (4, "🐳")):
        for shift in range(width):
            text = "a" * shift + character * MAX_LINE_BYTES
            lines = split(text.encode())
            assert b"".join(lines) == text.encode()
            assert "".join(line.decode() for line in lines) == text
            assert all(MAX_LINE_BYTES - 3 <= len(line) <= MAX_LINE_BYTES for line in lines[:-1])


def test_bytes_that_are_no_utf8_are_cut_at_16_kib() -> None:
    assert [len(line) for line in split(b"\x80" * (MAX_LINE_BYTES + 1))] == [MAX_LINE_BYTES, 1]
    assert [len(line) for line in split(b"a" * (MAX_LINE_BYTES - 1) + b"\xff" + b"b")] == [MAX_LINE_BYTES, 1]


def test_any_reads_of_a_stream_give_the_same_lines() -> None:
    generator = random.Random(7)
    for _ in range(30):
        pieces = [b"x" * generator.choice((0, 1, 80, 5000, 16383, 16384, 16385, 40000)) + b"\n" for _ in range(12)]
        stream = b"".join(pieces) + b"y" * generator.randrange(20000)
        reads = []
        position = 0
        while position < len(stream):
            size = generator.choice((1, 100, 4096, 16384, 65536))
            reads.append(stream[position : position + size])
            position += size
        assert split(*reads) == docker_lines(stream)
