"""The forwarder's parts: spool, queue, position, delivery. Sinks here are lists that may fail."""

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from dockyard.errors import SystemFailure
from dockyard.logdrivers.contract import EntriesRefused, Patience, Subject
from dockyard.logdrivers.forward import courier
from dockyard.logdrivers.forward.delivery import Delivery
from dockyard.logdrivers.forward.job import REMOVED, Job, mark_removed, read_job, write_job
from dockyard.logdrivers.forward.lock import holder, take
from dockyard.logdrivers.forward.position import Position, read_position, write_position
from dockyard.logdrivers.forward.queue import Waiting
from dockyard.logdrivers.forward.service import Service
from dockyard.logdrivers.forward.spool import Spooled, SpoolReader, decoded
from dockyard.logdrivers.local_entries import Entry
from dockyard.shim.container_log import ContainerLog
from dockyard.shim.local_log import LocalFormat
from dockyard.shim.log_rotation import RotatingFile
from dockyard.shim.spool import Spool

SUBJECT = Subject("c" * 64, "n", "sha256:i", "image", "sh", ("-c", "x"), 1, "host", {"a": "b"}, ("A=B",))


def _raise(error: BaseException) -> None:
    raise error


def opened(path: Path, *, blocking: bool = True, limit_bytes: int = 1 << 20, size: int = 500) -> ContainerLog:
    """A log whose files of `size` bytes are in a spool."""
    (path / "spool").mkdir(exist_ok=True)
    form = LocalFormat(None)
    spool = Spool(str(path / "spool"), blocking=blocking, limit_bytes=limit_bytes)
    return ContainerLog(RotatingFile(str(path / "log"), size, 2, _raise, form, spool=spool), form, lambda: 1)


def lines(first: int, last: int) -> bytes:
    return b"".join(b"line %d\n" % number for number in range(first, last))


def texts(reader: SpoolReader) -> list[bytes]:
    return [entry.line for entry in decoded(reader.read())]


def test_everything_is_in_the_spool_though_the_log_keeps_two_files(tmp_path: Path) -> None:
    log = opened(tmp_path)
    log.write("stdout", lines(0, 200))
    reader = SpoolReader(str(tmp_path / "spool"), Position(0, 0))
    assert texts(reader) == lines(0, 200).splitlines()
    log.write("stdout", lines(200, 300))
    assert texts(reader) == lines(200, 300).splitlines()
    assert texts(reader) == []
    log.close()


def test_reading_goes_on_at_a_position_after_a_restart_of_either_side(tmp_path: Path) -> None:
    log = opened(tmp_path)
    log.write("stdout", lines(0, 100))
    found = list(SpoolReader(str(tmp_path / "spool"), Position(0, 0)).read())
    log.close()
    log = opened(tmp_path)  # continues the file that is the spool's newest
    log.write("stdout", lines(100, 120))
    rest = SpoolReader(str(tmp_path / "spool"), found[60].start)
    assert texts(rest) == lines(60, 120).splitlines()
    log.close()


def test_what_lies_before_the_position_is_removed_but_the_newest(tmp_path: Path) -> None:
    log = opened(tmp_path)
    log.write("stdout", lines(0, 200))
    reader = SpoolReader(str(tmp_path / "spool"), Position(0, 0))
    texts(reader)
    reader.forget(Position(reader.position.segment + 1, 0))
    assert len(os.listdir(tmp_path / "spool")) == 1
    assert texts(SpoolReader(str(tmp_path / "spool"), Position(1, 0)))[-1] == b"line 199"
    log.close()


def test_a_file_that_was_not_in_the_spool_is_not_sent_again(tmp_path: Path) -> None:
    log = opened(tmp_path)
    log.write("stdout", b"sent long ago\n")
    log.close()
    for name in os.listdir(tmp_path / "spool"):
        (tmp_path / "spool" / name).unlink()
    log = opened(tmp_path)
    log.write("stdout", b"new\n")
    assert texts(SpoolReader(str(tmp_path / "spool"), Position(0, 0))) == [b"new"]
    log.close()


def test_a_blocking_spool_is_congested_until_segments_are_sent(tmp_path: Path) -> None:
    log = opened(tmp_path, limit_bytes=3000)
    log.write("stdout", lines(0, 300))
    assert log.congested
    reader = SpoolReader(str(tmp_path / "spool"), Position(0, 0))
    assert texts(reader) == lines(0, 300).splitlines()
    reader.forget(reader.position)
    assert not log.congested
    log.close()


def test_a_non_blocking_spool_gives_up_its_oldest_files(tmp_path: Path) -> None:
    log = opened(tmp_path, blocking=False, limit_bytes=3000)
    log.write("stdout", lines(0, 3000))
    assert not log.congested
    found = texts(SpoolReader(str(tmp_path / "spool"), Position(0, 0)))
    assert found == lines(3000 - len(found), 3000).splitlines()
    assert sum(file.stat().st_size for file in (tmp_path / "spool").iterdir()) < 4000
    log.close()


def test_damage_ends_a_segment_and_no_more(tmp_path: Path) -> None:
    log = opened(tmp_path, size=100)
    log.write("stdout", lines(0, 9))
    segments = sorted((tmp_path / "spool").iterdir())
    assert len(segments) > 2
    with segments[1].open("r+b") as file:
        file.write(b"\xff" * 8)
    found = texts(SpoolReader(str(tmp_path / "spool"), Position(0, 0)))
    assert found[0] == b"line 0"
    assert found[-1] == b"line 8"
    assert len(found) < 9
    log.close()


def spooled(text: bytes, number: int = 0) -> Spooled:
    return Spooled(text, 1, number)


def test_a_queue_that_drops_keeps_the_oldest() -> None:
    waiting = Waiting(10, 1 << 30, dropping=True)
    for number in range(5):
        waiting.put(spooled(b"1234", number))
    assert (len(waiting), waiting.dropped, waiting.full) == (2, 3, False)
    assert [one.start.offset for one in waiting.take(10, 1000)] == [0, 1]
    waiting.put(spooled(b"x" * 100))  # longer than the limit, but alone
    assert len(waiting) == 1


def test_a_queue_that_waits_is_full() -> None:
    waiting = Waiting(10, 1 << 30, dropping=False)
    for _ in range(3):
        waiting.put(spooled(b"1234"))
    assert waiting.full
    assert len(waiting.take(2, 1000)) == 2
    assert not waiting.full
    assert len(waiting.take(10, 1)) == 1


def test_positions_and_jobs_are_read_back(tmp_path: Path) -> None:
    assert read_position(str(tmp_path)) == Position(0, 0)
    write_position(str(tmp_path), Position(3, 17))
    assert read_position(str(tmp_path)) == Position(3, 17)
    (tmp_path / "position").write_text("nonsense")
    assert read_position(str(tmp_path)) == Position(0, 0)
    job = Job("syslog", {"tag": "x"}, SUBJECT)
    write_job(f"{tmp_path}/new", job)
    assert read_job(f"{tmp_path}/new") == job
    (tmp_path / "new" / "job.json").write_text("[]")
    assert read_job(f"{tmp_path}/new") is None
    mark_removed(f"{tmp_path}/none")
    assert not (tmp_path / "none").exists()


def test_the_lock_tells_who_holds_it(tmp_path: Path) -> None:
    path = str(tmp_path / "state")
    assert holder(path) == 0
    ready, theirs = os.pipe()
    done, ours = os.pipe()
    child = os.fork()
    if child == 0:
        held = take(path)
        os.write(theirs, b"x")
        os.read(done, 1)
        os._exit(0 if held is not None else 1)
    os.read(ready, 1)
    assert holder(path) == child
    assert take(path) is None
    os.write(ours, b"x")
    assert os.waitpid(child, 0)[1] == 0
    assert holder(path) == 0


async def test_strange_files_among_the_spools_keep_nobody_busy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dockyard.logdrivers.forward.service.GRACE_SECONDS", 0.01)
    (tmp_path / "file").write_text("")
    (tmp_path / "link").symlink_to("/")
    (tmp_path / "removed").mkdir()
    mark_removed(f"{tmp_path}/removed")
    async with asyncio.timeout(5):
        await Service(str(tmp_path), print).run()
    assert sorted(os.listdir(tmp_path)) == ["file", "link"]


async def test_what_cannot_be_sent_is_given_up_though_the_queue_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(courier, "IDLE_SECONDS", 0.01)
    monkeypatch.setattr(courier, "QUEUE_ENTRIES", 5)
    monkeypatch.setattr(courier, "BATCH_ENTRIES", 5)
    monkeypatch.setattr(courier, "make_sink", lambda *_: ListSink([], [ConnectionError("away")] * 1_000_000))
    log = opened(tmp_path)
    log.write("stdout", lines(0, 100))
    log.close()
    spool = tmp_path / "spool"
    write_job(str(spool), Job("fluentd", {}, SUBJECT))
    mark_removed(str(spool))
    said: list[str] = []
    carrying = asyncio.create_task(courier.Courier(str(spool), said.append).run())
    await asyncio.sleep(0.1)
    assert not carrying.done()  # a day hasn't passed
    os.utime(spool / REMOVED, (1, 1))
    async with asyncio.timeout(5):
        await carrying
    assert not spool.exists()
    assert "given up after a day" in said[-1]


class ListSink:
    """Puts entries into `got`; fails as often as `failures` says."""

    confirmed = False
    broken: asyncio.Event | None = None

    def __init__(self, got: list[bytes], failures: list[BaseException], attempts: int | None = None) -> None:
        self._got = got
        self._failures = failures
        self.patience = Patience(attempts, 0.0, 0.0)
        self.broken = asyncio.Event()

    async def open(self) -> None: ...

    async def send(self, entries: Sequence[Entry]) -> None:
        if self._failures:
            raise self._failures.pop(0)
        self._got += [entry.line for entry in entries]

    async def close(self) -> None: ...


ENTRIES = [Entry("stdout", 1, b"a"), Entry("stdout", 1, b"b")]


@pytest.mark.parametrize("error", [ConnectionError("gone"), TimeoutError(), SystemFailure("no")])
async def test_a_batch_is_sent_until_it_arrives(error: BaseException) -> None:
    got: list[bytes] = []
    said: list[str] = []
    failures: list[BaseException] = [error] * 3
    await Delivery(lambda: ListSink(got, failures), said.append).deliver(ENTRIES)
    assert got == [b"a", b"b"]
    assert len(said) == 1  # not three times within a minute


async def test_patience_ends_and_refusals_are_final() -> None:
    got: list[bytes] = []
    said: list[str] = []
    await Delivery(lambda: ListSink(got, [ConnectionError("gone")] * 9, 3), said.append).deliver(ENTRIES)
    await Delivery(lambda: ListSink(got, [EntriesRefused("never")]), said.append).deliver(ENTRIES)
    assert got == []
    assert said[-1] == "2 entries are refused: never"
    assert "2 entries are given up: gone" in said


async def test_what_is_in_doubt_when_a_connection_breaks_is_sent_again() -> None:
    got: list[bytes] = []
    sinks: list[ListSink] = []
    failures: list[BaseException] = []

    def make() -> ListSink:
        sinks.append(ListSink(got, failures))
        return sinks[-1]

    delivery = Delivery(make, lambda _: None)
    await delivery.deliver(ENTRIES)
    assert sinks[0].broken is not None
    sinks[0].broken.set()
    failures += [ConnectionError("still away")] * 3
    await delivery.tend(asyncio.Event(), 1)
    assert got == [b"a", b"b", b"a", b"b"]
    assert len(sinks) == 5
    await delivery.deliver(ENTRIES[:1])
    assert got == [b"a", b"b", b"a", b"b", b"a"]
