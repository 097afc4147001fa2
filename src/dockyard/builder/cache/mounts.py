"""Cache mounts: directories that outlive builds, by id. `RUN --mount=type=cache`.

    shared    everybody at once in the same directory
    locked    one after another in the same directory
    private   a directory for each that runs at the same time

`<root>/<name>/` with `name` made of the id; `<name>/about.json` says the id in plain words. They are listed and pruned
like records (cache/usage.py), and survive a kill as they are: a cache may hold anything.
"""

import asyncio
import contextlib
import hashlib
import json
import os
import stat
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

from dockyard.fs.atomic import write_atomic
from dockyard.fs.rooted import remove_tree


@dataclass(frozen=True, slots=True)
class StoredMount:
    """A cache mount on disk. `name` is what prune and df show; times in nanoseconds since 1970."""

    name: str
    id: str
    sharing: str
    directory: str
    created_ns: int
    used_ns: int
    uses: int


class CacheMounts:
    """The cache mounts below `root`. Used on the event loop's thread."""

    def __init__(self, root: str, clock_ns: Callable[[], int]) -> None:
        self._root = root
        self._clock_ns = clock_ns
        self._busy: Counter[str] = Counter()
        self._locks: dict[str, asyncio.Lock] = {}

    @contextlib.asynccontextmanager
    async def hold(
        self, mount_id: str, sharing: str, fill: Callable[[str], None], uid: int, gid: int, mode: int
    ) -> AsyncIterator[str]:
        """The directory for a command, as long as it runs. `fill` is given a new one to put in what it begins with."""
        name = _name(mount_id, 0)
        lock = self._locks.setdefault(name, asyncio.Lock()) if sharing == "locked" else contextlib.nullcontext()
        async with lock:
            number = 0
            while sharing == "private" and self._busy[name]:
                number += 1
                name = _name(mount_id, number)
            self._busy[name] += 1
            try:
                directory = await asyncio.to_thread(self._have, name, mount_id, sharing, fill, (uid, gid, mode))
                yield directory
            finally:
                self._busy[name] -= 1

    def all(self) -> list[StoredMount]:
        """Everything on disk."""
        found = []
        with contextlib.suppress(FileNotFoundError):
            for name in sorted(os.listdir(self._root)):
                about = _about(f"{self._root}/{name}")
                if about is not None:
                    found.append(StoredMount(name=name, directory=f"{self._root}/{name}/data", **about))
        return found

    def in_use(self, name: str) -> bool:
        """Whether a command runs with it."""
        return self._busy[name] > 0

    def remove(self, name: str) -> None:
        """Delete one that isn't in use."""
        remove_tree(f"{self._root}/{name}")

    def _have(
        self, name: str, mount_id: str, sharing: str, fill: Callable[[str], None], attributes: tuple[int, int, int]
    ) -> str:
        home = f"{self._root}/{name}"
        about = _about(home)
        now = self._clock_ns()
        if about is None:
            remove_tree(home)  # a kill came between directory and file
            os.makedirs(f"{home}/data", mode=0o700)
            uid, gid, mode = attributes
            os.chown(f"{home}/data", uid, gid)
            os.chmod(f"{home}/data", stat.S_IMODE(mode))
            fill(f"{home}/data")
            about = {"id": mount_id, "sharing": sharing, "created_ns": now, "used_ns": now, "uses": 0}
        about |= {"used_ns": now, "uses": about["uses"] + 1}
        write_atomic(f"{home}/about.json", json.dumps(about).encode())
        return f"{home}/data"


def _name(mount_id: str, number: int) -> str:
    return hashlib.sha256(f"{mount_id}\0{number}".encode("utf-8", "replace")).hexdigest()[:25]


def _about(home: str) -> dict[str, Any] | None:
    try:
        with open(f"{home}/about.json", encoding="utf-8") as file:
            about = json.load(file)
    except (OSError, ValueError):
        return None
    keys = {"id", "sharing", "created_ns", "used_ns", "uses"}
    return about if isinstance(about, dict) and set(about) == keys else None
