"""Log files that somebody has written to: readers give entries or skip them, and always come to an end."""

import io
from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st

from dockyard.engine.logs.json_file import JsonFile
from dockyard.engine.logs.local_file import LocalFile
from dockyard.logdrivers.local_entries import Damaged, decode, raw_entries
from dockyard.shim.json_log import JsonFormat
from dockyard.shim.local_log import LocalFormat
from dockyard.shim.log_lines import LineSplitter

TEXTS = st.lists(st.binary(max_size=300), max_size=20)


def written(form: JsonFormat | LocalFormat, texts: list[bytes]) -> bytes:
    splitter = LineSplitter()
    pieces = [piece for text in texts for piece in form.encode("stdout", splitter.feed(text), 1)]
    return b"".join(pieces + form.encode("stdout", splitter.end(), 1))


@given(TEXTS)
@settings(max_examples=100, deadline=None)
def test_local_gives_back_what_was_said(texts: list[bytes]) -> None:
    file = io.BytesIO(written(LocalFormat({"a": "b"}), texts))
    assert b"".join(entry.line for entry in LocalFile.read(file)) == b"".join(texts)


@given(TEXTS, st.integers(0, 5000), st.binary(max_size=20))
@settings(max_examples=150, deadline=None)
def test_damage_of_any_kind_is_survived(texts: list[bytes], position: int, damage: bytes) -> None:
    for form, reader in ((LocalFormat(None), LocalFile), (JsonFormat(None), JsonFile)):
        raw = written(form, texts)
        position = min(position, len(raw))
        hurt = raw[:position] + damage + raw[position + len(damage) // 2 :]
        list(reader.read(io.BytesIO(hurt)))
        whole = form.whole_bytes(io.BytesIO(hurt), len(hurt))
        assert 0 <= whole <= len(hurt)
        for entries in (0, 1, 3, 1000):
            offset, found = reader.tail_offset(io.BytesIO(hurt), entries)
            assert 0 <= offset <= len(hurt)
            assert 0 <= found <= entries


@given(st.binary(max_size=2000))
@settings(max_examples=150, deadline=None)
def test_anything_may_stand_in_a_file_of_local_entries(raw: bytes) -> None:
    with suppress(Damaged):
        for entry, _ in raw_entries(io.BytesIO(raw)):
            with suppress(IndexError, ValueError):
                decode(entry)
    list(LocalFile.read(io.BytesIO(raw)))
