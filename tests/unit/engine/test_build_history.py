"""Records of builds: on disk, in order, pinned and forgotten; what a kill leaves half done is none."""

import asyncio
import struct
import threading
from pathlib import Path

import pytest

from dockyard.engine.builds.kit import history as module
from dockyard.engine.builds.kit.history import COMPLETE, DELETED, STARTED, History
from dockyard.errors import NotFound
from dockyard.wire.buildkit.messages import control


def record(ref: str, at: int = 1):
    made = control.BuildHistoryRecord(Ref=ref)
    made.CreatedAt.FromNanoseconds(at)
    return made


async def all_of(history: History, **options) -> list[tuple[int, str]]:
    given = {"active_only": False, "early_exit": True, **options}
    return [(kind, one.Ref) async for kind, one in history.listen(given.pop("ref", ""), **given)]


async def test_a_record_outlives_the_daemon(tmp_path: Path):
    history = History(str(tmp_path))
    history.begin(record("a"))
    assert await all_of(history) == [(STARTED, "a")]
    message = control.StatusResponse(logs=[{"vertex": "v", "msg": b"said"}])
    await history.end(record("a"), [message])
    again = History(str(tmp_path))
    assert await all_of(again) == [(COMPLETE, "a")]
    assert await all_of(again, ref="b") == []
    _, found = await anext(again.listen("a", active_only=False, early_exit=True))
    logs = await again.logs(found.logs.digest)
    (size,) = struct.unpack_from("<I", logs)
    assert control.StatusResponse.FromString(logs[4 : 4 + size]) == message
    with pytest.raises(NotFound):
        await again.logs("sha256:" + "0" * 64)


async def test_what_a_kill_left_is_no_record(tmp_path: Path):
    (tmp_path / "half.logs").write_bytes(b"x")
    (tmp_path / "bad.record").write_bytes(b"\xff\xff")
    assert await all_of(History(str(tmp_path))) == []
    assert not (tmp_path / "half.logs").exists()


async def test_what_is_being_written_is_no_rest_of_a_kill(tmp_path: Path, monkeypatch):
    """Readers that come while the records are read wait for the same reading."""
    go, readings = threading.Event(), []
    load = History._load

    def slow(self: History):
        readings.append(1)
        go.wait(10)
        return load(self)

    monkeypatch.setattr(History, "_load", slow)
    history = History(str(tmp_path))
    waiting = [asyncio.create_task(all_of(history)) for _ in range(3)]
    await asyncio.sleep(0.05)
    waiting[0].cancel()  # one that leaves takes the reading from nobody
    ending = asyncio.create_task(history.end(record("a"), []))
    await asyncio.sleep(0.05)
    go.set()
    await asyncio.wait([*waiting, ending])
    assert len(readings) == 1
    assert sorted(one.name for one in tmp_path.iterdir()) == ["a.logs", "a.record"]


async def test_records_that_cannot_be_read_are_tried_again(tmp_path: Path):
    root = tmp_path / "file"
    root.write_bytes(b"")
    history = History(str(root))
    with pytest.raises(NotADirectoryError):
        await all_of(history)
    root.unlink()
    assert await all_of(history) == []


async def test_the_oldest_go_unless_they_are_pinned(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(module, "MOST_RECORDS", 2)
    history = History(str(tmp_path))
    for number, ref in enumerate("abcd"):
        await history.end(record(ref, number), [])
        if ref == "a":
            await history.pin("a", pinned=True)
    assert [ref for _, ref in await all_of(history)] == ["a", "d"]
    assert [ref for _, ref in await all_of(History(str(tmp_path)))] == ["a", "d"]


async def test_who_listens_hears_what_comes(tmp_path: Path):
    history = History(str(tmp_path))
    await history.end(record("a"), [])
    events = history.listen("", active_only=False, early_exit=False)
    heard = [await anext(events)]
    history.begin(record("b"))
    await history.end(record("b"), [])
    await history.delete("a")
    heard += [await anext(events) for _ in range(3)]
    assert [(kind, one.Ref) for kind, one in heard] == [
        (COMPLETE, "a"),
        (STARTED, "b"),
        (COMPLETE, "b"),
        (DELETED, "a"),
    ]
    await events.aclose()


async def test_a_name_that_leads_out_is_not_written(tmp_path: Path):
    history = History(str(tmp_path / "h"))
    await history.end(record("../out"), [])
    assert not (tmp_path / "out.record").exists()
    assert await all_of(history) == []
