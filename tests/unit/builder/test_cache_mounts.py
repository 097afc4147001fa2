"""Cache mounts that several commands want at the same time, and that are pruned meanwhile."""

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from dockyard.builder.cache.mounts import CacheMounts
from dockyard.errors import SystemFailure


def make(home: Path) -> CacheMounts:
    """None yet."""
    (home / "tmp").mkdir()
    return CacheMounts(str(home / "mounts"), str(home / "tmp"), lambda: 1)


def nothing(directory: str) -> None:
    """A new directory stays empty."""
    del directory


async def use(mounts: CacheMounts, number: int, fill: Callable[[str], None] = nothing, sharing: str = "shared") -> str:
    """A command that leaves a file named by `number`."""
    async with mounts.hold("id", sharing, fill, 0, 0, 0o755) as directory:
        Path(directory, str(number)).touch()
        return directory


def test_first_uses_at_once_share_one_directory(tmp_path: Path) -> None:
    """It is filled once, and what each leaves in it is there afterwards."""
    mounts = make(tmp_path)
    filled: list[str] = []

    def fill(directory: str) -> None:
        filled.append(directory)
        threading.Event().wait(0.05)

    async def run() -> list[str]:
        return await asyncio.gather(*(use(mounts, number, fill) for number in range(4)))

    directories = set(asyncio.run(run()))
    assert filled == [*directories]
    assert sorted(path.name for path in Path(filled[0]).iterdir()) == ["0", "1", "2", "3"]
    assert [one.uses for one in mounts.all()] == [4]


def test_one_in_use_is_not_removed(tmp_path: Path) -> None:
    """Whatever was known when its removal was decided; afterwards it goes, and nothing stays in the trash."""
    mounts = make(tmp_path)

    async def run() -> str:
        async with mounts.hold("id", "shared", nothing, 0, 0, 0o755) as directory:
            (name,) = [one.name for one in mounts.all()]
            assert not mounts.remove(name)
            assert Path(directory).is_dir()
        return name

    name = asyncio.run(run())
    assert mounts.remove(name)
    assert not mounts.remove(name)
    assert mounts.all() == []
    assert list((tmp_path / "tmp").iterdir()) == []


def test_who_is_cancelled_lets_go_when_its_thread_has_ended(tmp_path: Path) -> None:
    """Else the next command would be given a directory that is still being made."""
    mounts = make(tmp_path)
    begun, go_on = threading.Event(), threading.Event()

    def fill(directory: str) -> None:
        begun.set()
        go_on.wait(10)
        Path(directory, "filled").touch()

    async def run() -> str:
        first = asyncio.create_task(use(mounts, 1, fill))
        await asyncio.to_thread(begun.wait, 10)
        first.cancel()
        second = asyncio.create_task(use(mounts, 2))
        await asyncio.sleep(0.05)
        assert not second.done()
        go_on.set()
        return await second

    assert sorted(path.name for path in Path(asyncio.run(run())).iterdir()) == ["2", "filled"]


def test_a_disk_that_refuses_is_told(tmp_path: Path) -> None:
    """A file where the directory of all mounts should be."""
    mounts = make(tmp_path)
    (tmp_path / "mounts").touch()
    with pytest.raises(SystemFailure, match="Not a directory"):
        asyncio.run(use(mounts, 1))
    with pytest.raises(SystemFailure, match="Not a directory"):
        mounts.all()
