"""Cache mounts: directories that outlive builds, by id. `RUN --mount=type=cache`.

    shared    everybody at once in the same directory
    locked    one after another in the same directory
    private   a directory for each that runs at the same time

`<root>/<name>/` with `name` made of the id; `<name>/about.json` says the id in plain words. They are listed and pruned
like records (engine/builds/usage.py), and survive a kill as they are: a cache may hold anything. One that is removed
goes to the trash by a rename, as long as nobody holds it: a command finds its directory whole or not at all.
"""

import contextlib
import hashlib
import json
import os
import stat
import threading
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

from dockyard.builder.locks import KeyLocks
from dockyard.builder.threads import finished
from dockyard.errors import SystemFailure
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
    """The cache mounts below `root`. `hold` is used on the event loop's thread, the others on any.

    `trash`: a directory on the same disk that is emptied at the daemon's start.
    """

    def __init__(self, root: str, trash: str, clock_ns: Callable[[], int]) -> None:
        self._root = root
        self._trash = trash
        self._clock_ns = clock_ns
        self._lock = threading.Lock()
        self._busy: dict[str, int] = {}  # how many hold each name; under the lock, as is a rename to the trash
        self._turns = KeyLocks()
        self._making = KeyLocks()

    @contextlib.asynccontextmanager
    async def hold(
        self, mount_id: str, sharing: str, fill: Callable[[str], None], uid: int, gid: int, mode: int
    ) -> AsyncIterator[str]:
        """The directory for a command, as long as it runs. `fill` is given a new one to put in what it begins with.

        Raises SystemFailure when the disk refuses, and what `fill` raises.
        """
        turn = self._turns.hold(_name(mount_id, 0)) if sharing == "locked" else contextlib.nullcontext()
        async with turn:
            name = self._take(mount_id, sharing)
            try:
                async with self._making.hold(name):  # of those that begin together one makes it
                    directory = await finished(self._have, name, mount_id, sharing, fill, (uid, gid, mode))
                yield directory
            finally:
                self._release(name)

    def all(self) -> list[StoredMount]:
        """Everything on disk. Raises SystemFailure when it can't be read."""
        try:
            names = sorted(os.listdir(self._root))
        except FileNotFoundError:
            return []
        except OSError as error:
            raise SystemFailure(f"reading {self._root}: {error.strerror}") from error
        stored = ((name, _about(f"{self._root}/{name}")) for name in names)
        return [
            StoredMount(name=name, directory=f"{self._root}/{name}/data", **about)
            for name, about in stored
            if about is not None
        ]

    def in_use(self, name: str) -> bool:
        """Whether a command runs with it."""
        with self._lock:
            return name in self._busy

    def remove(self, name: str) -> bool:
        """Delete one; False, and nothing is done, when a command runs with it or it is gone.

        Raises SystemFailure when the disk refuses.
        """
        removed = f"{self._trash}/removed-{os.urandom(8).hex()}"
        try:
            with self._lock:
                if name in self._busy:
                    return False
                os.rename(f"{self._root}/{name}", removed)
            remove_tree(removed)
        except FileNotFoundError:
            return False
        except OSError as error:
            raise SystemFailure(f"removing cache mount {name}: {error.strerror}") from error
        return True

    def _take(self, mount_id: str, sharing: str) -> str:
        with self._lock:
            number = 0
            while (name := _name(mount_id, number)) in self._busy and sharing == "private":
                number += 1
            self._busy[name] = self._busy.get(name, 0) + 1
            return name

    def _release(self, name: str) -> None:
        with self._lock:
            self._busy[name] -= 1
            if not self._busy[name]:
                del self._busy[name]

    def _have(
        self, name: str, mount_id: str, sharing: str, fill: Callable[[str], None], attributes: tuple[int, int, int]
    ) -> str:
        home = f"{self._root}/{name}"
        about = _about(home)
        now = self._clock_ns()
        try:
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
        except OSError as error:
            raise SystemFailure(f"making cache mount {mount_id}: {error.strerror}") from error
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
