"""What a prune of the build cache takes, of cache mounts."""

import asyncio
from pathlib import Path

import pytest

from dockyard.builder.cache import BuildCache
from dockyard.builder.cache.mounts import CacheMounts
from dockyard.engine.builds.id_pattern import id_matches
from dockyard.engine.builds.usage import Held, PruneRequest, prune, target_bytes
from dockyard.store.metadata import Database


def nothing(directory: str) -> None:
    """A new directory stays empty."""
    del directory


@pytest.mark.parametrize(
    ("filters", "taken"),
    [
        ({}, 1),
        ({"type": ("exec.cachemount",)}, 1),
        ({"type": ("regular",)}, 0),
        ({"parent": ("x",)}, 0),
        ({"id": (".",)}, 1),
        ({"id": ("nothing",)}, 0),
        ({"inuse": ("true",)}, 0),
        ({"private": ("true",)}, 1),
        ({"label": ("a",)}, 0),
        ({"label!": ("a",)}, 1),
    ],
)
def test_filters(tmp_path: Path, filters: dict[str, tuple[str, ...]], taken: int) -> None:
    """One in use stays whatever is asked for."""
    mounts = CacheMounts(str(tmp_path / "mounts"), str(tmp_path), lambda: 1)
    cache = BuildCache(Database(str(tmp_path / "db")))
    held = Held(cache, mounts, CacheMounts(str(tmp_path / "contexts"), str(tmp_path), lambda: 1))

    async def run() -> list[int]:
        async with mounts.hold("a", "shared", nothing, 0, 0, 0o755):
            during = prune(held, set(), PruneRequest(filters=filters), 2)
        return [len(one.ids) for one in (during, prune(held, set(), PruneRequest(filters=filters), 2))]

    assert asyncio.run(run()) == [0, taken]
    assert len(mounts.all()) == 1 - taken


@pytest.mark.parametrize(
    ("reserved", "used", "free", "target"),
    [
        (0, 0, 0, 0),  # no limit: all goes
        (30, 0, 0, 30),
        (0, 60, 0, 60),
        (70, 60, 0, 70),  # never below what is reserved
        (0, 0, 50, 100),  # as much is free: nothing has to go
        (0, 0, 70, 80),
        (0, 60, 70, 60),
        (0, 90, 70, 80),
        (90, 0, 70, 90),
        (0, 0, 500, 0),
    ],
)
def test_how_much_may_stay(reserved: int, used: int, free: int, target: int) -> None:
    """Of 100 bytes, with 50 free on the disk."""
    assert target_bytes(PruneRequest(False, reserved, used, free), 100, 50) == target


@pytest.mark.parametrize(
    ("pattern", "matches"),
    [
        ("tduc4s", True),
        ("^l81", True),
        ("^tduc", False),
        ("l8.t.*vv$", True),
        ("zzz", False),
        ("[", False),
        ("", True),
        ("(l81)", False),  # taken as a text
        ("a*a*a*a*a*a*b", False),
    ],
)
def test_an_id_is_found_by_a_part_of_it(pattern: str, matches: bool) -> None:
    assert id_matches("l81tduc4s135harke6m0l0kvv", pattern) is matches
