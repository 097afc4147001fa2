"""What builds tell of themselves: everything, in order, and not more than anybody reads."""

import asyncio
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from dockyard.builder.frontend.lines import Line
from dockyard.engine.builds.kit import jobs
from dockyard.engine.builds.kit.jobs import KitBuilds
from dockyard.engine.builds.kit.progress import Progress
from dockyard.errors import NotFound

LIMIT = 2 << 20
CLIPPED = b"\n[output clipped, log limit 2MiB reached]\n"


class Clock:
    """Stands until it is set."""

    now_ns = 10**18

    def __call__(self) -> int:
        return self.now_ns


@pytest.fixture
async def progress() -> Progress:
    made = Progress(Clock())
    made.announce([Line("v", "[1/1] RUN x")])
    return made


def logs(progress: Progress) -> list[tuple[int, bytes]]:
    return [(one.stream, one.msg) for message in progress.messages() for one in message.logs]


def statuses(progress: Progress) -> list[tuple[str, int, bool]]:
    found = [one for message in progress.messages() for one in message.statuses]
    return [(one.ID, one.current, one.HasField("completed")) for one in found]


async def test_few_lines_stay_as_they_are(progress: Progress):
    said = [(1, b"a\n"), (2, b"b\n"), (1, b"c\n"), (2, b"d\n")]
    for stream, data in said:
        progress.log("v", stream, data, 1)
    assert logs(progress) == said


async def test_many_small_writes_become_few_messages(progress: Progress):
    written = [bytes([65 + number % 26]) for number in range(200_000)]
    for number, data in enumerate(written):
        progress.log("v", 1, data, number)
        if not number % 20_000:
            await asyncio.sleep(0)
    assert b"".join(data for _, data in logs(progress)) == b"".join(written)
    assert len(logs(progress)) < 2_000
    assert progress.size_bytes < 4 * len(written)


async def test_a_command_that_changes_its_streams_all_the_time_tells_no_more(progress: Progress):
    for _ in range(50_000):
        progress.log("v", 1, b"o", 1)
        progress.log("v", 2, b"e", 1)
    found = logs(progress)
    assert len(found) < 1_000
    for stream, letter in ((1, b"o"), (2, b"e")):
        assert b"".join(data for one, data in found if one == stream) == letter * 50_000


async def test_a_burst_keeps_the_order_of_its_streams(progress: Progress):
    said = [(1 + number % 2, b"%d\n" % number) for number in range(60)]
    for stream, data in said:
        progress.log("v", stream, data, 1)
    assert logs(progress) == said


async def test_what_waits_is_told_while_the_command_is_silent(progress: Progress):
    for _ in range(1_000):
        progress.log("v", 1, b"x", 1)
    got = b""
    async with asyncio.timeout(5):
        async for message in progress.follow():
            got += b"".join(one.msg for one in message.logs)
            if len(got) == 1_000:
                break


async def test_logs_come_before_the_end_of_their_step(progress: Progress):
    for _ in range(1_000):
        progress.log("v", 1, b"x", 1)
    progress.status("v", "part", 1)
    progress.status("v", "part", 2)
    progress.complete("v")
    kinds = [kind for kind, _ in progress._told]
    assert kinds[-1] == "vertexes"
    assert sum(len(data) for _, data in logs(progress)) == 1_000
    assert statuses(progress)[-1] == ("part", 2, False)


async def test_a_stream_is_kept_up_to_the_limit(progress: Progress):
    for _ in range(3):
        progress.log("v", 1, b"x" * (LIMIT // 2 + 1), 1)
    progress.log("v", 2, b"the other stream", 1)
    found = logs(progress)
    assert b"".join(data for stream, data in found if stream == 1) == b"x" * LIMIT + CLIPPED
    assert found[-1] == (2, b"the other stream")


async def test_a_status_replaces_the_one_before_unless_it_has_been_seen():
    clock = Clock()
    progress = Progress(clock)
    for current in range(100_000):
        clock.now_ns += 1_000
        progress.status("v", "part", current)
    progress.status("v", "part", 100_000, done=True)
    found = statuses(progress)
    assert found == [("part", 0, False), ("part", 100_000, True)]
    clock.now_ns += 100_000_000
    progress.status("v", "part", 5)
    assert statuses(progress)[2:] == [("part", 5, False)]


@pytest.fixture
def builds(tmp_path: Path) -> KitBuilds:
    services: Any = SimpleNamespace(paths=SimpleNamespace(build_history=str(tmp_path)), clock_ns=time.time_ns)
    parts: Any = SimpleNamespace(services=services)
    return KitBuilds(parts, None)  # type: ignore[arg-type]


def ended(builds: KitBuilds, name: str, size: int = 1) -> Progress:
    progress = Progress(time.time_ns)
    progress.log("v", 1, b"x" * size, 1)
    job: Any = SimpleNamespace(parts=SimpleNamespace(id=name, progress=progress))
    builds._end(job)
    return progress


async def test_what_an_ended_build_told_is_there_for_a_while(builds: KitBuilds, monkeypatch):
    monkeypatch.setattr(jobs, "_ENDED_SECONDS", 0.2)
    monkeypatch.setattr(jobs, "_WAIT_SECONDS", 0.05)
    first = ended(builds, "a")
    assert await builds.progress("a") is first
    await asyncio.sleep(0.3)
    with pytest.raises(NotFound):
        await builds.progress("a")


async def test_ended_builds_are_kept_up_to_so_many_bytes(builds: KitBuilds, monkeypatch):
    monkeypatch.setattr(jobs, "_ENDED_BYTES", 300_000)
    monkeypatch.setattr(jobs, "_WAIT_SECONDS", 0.05)
    for name in "abcd":
        ended(builds, name, 100_000)
    with pytest.raises(NotFound):
        await builds.progress("b")
    assert (await builds.progress("c")).size_bytes > 100_000
    large = ended(builds, "large", 1 << 20)
    assert await builds.progress("large") is large
