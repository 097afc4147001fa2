"""The volume store.

    <root>/<name>/_data      the volume's content: what `docker volume inspect` shows as Mountpoint
    <root>/<name>/…          copy_up.py's working places
    <root>/.making-<name>/   a volume that is being filled by `fill`; renamed when it is whole

The row makes a volume exist; its directory is made before and removed after it. A directory without a row that
has content may be all that is left of somebody's data: at start it is adopted as a volume, never removed. Volumes of
other drivers have a row only.
"""

import json
import logging
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final

from dockyard.errors import AlreadyExists, Conflict, NotFound, SystemFailure
from dockyard.fs.rooted import Steps, remove_tree
from dockyard.store.graphdriver.usage import tree_bytes
from dockyard.store.graphdriver.view import View
from dockyard.store.metadata import Database, Row
from dockyard.store.volumes.copy_up import DATA, copy_into, copy_up, finish
from dockyard.store.volumes.volume import ANONYMOUS_LABEL, LOCAL, Volume, check_name, check_options

_MIGRATIONS: Final = (
    """
    CREATE TABLE volumes (
        name TEXT PRIMARY KEY,
        driver TEXT NOT NULL,
        created_at TEXT NOT NULL,
        labels TEXT NOT NULL,
        options TEXT NOT NULL,
        removing INTEGER NOT NULL DEFAULT 0
    ) STRICT;
    """,
    "ALTER TABLE volumes ADD COLUMN renamed_from TEXT NOT NULL DEFAULT '';",
)
_COLUMNS: Final = "name, driver, created_at, labels, options"
LOG: Final = logging.getLogger(__name__)
_MAKING: Final = ".making-"


def new_name() -> str:
    """A name for a volume that nobody named: 64 hexadecimal digits."""
    return os.urandom(32).hex()


def _not_made(name: str, error: OSError) -> SystemFailure:
    return SystemFailure(f"error while making volume {name}: {(error.strerror or str(error)).lower()}")


@contextmanager
def _reporting(what: str) -> Iterator[None]:
    """A volume that can't be mended doesn't keep the daemon from starting."""
    try:
        yield
    except OSError as error:
        LOG.error("%s: %s", what, error)


class VolumeStore:
    """Volumes below `root` (…/volumes). For several threads."""

    def __init__(self, root: str, database: Database) -> None:
        self._root = root
        self._database = database
        self._lock = threading.Lock()
        os.makedirs(root, mode=0o711, exist_ok=True)
        database.register("volumes", _MIGRATIONS)
        self._recover()

    def create(
        self,
        name: str = "",
        *,
        driver: str = LOCAL,
        options: Mapping[str, str] | None = None,
        labels: Mapping[str, str] | None = None,
        now: str = "",
    ) -> tuple[Volume, bool]:
        """The volume `name`, made if it isn't there, and whether it was made. Without a name: a new anonymous one.

        Raises InvalidParameter for a bad name or option, AlreadyExists when the name is a volume of another driver,
        SystemFailure. `now` is RFC 3339 text. What another driver than `local` makes, it has made before.
        """
        options, labels = dict(options or {}), dict(labels or {})
        if not name:
            name = new_name()
            labels[ANONYMOUS_LABEL] = ""
        with self._lock:
            known = self.find(name)
            if known is not None:
                if known.driver != driver:
                    raise AlreadyExists(
                        f"create {name}: conflict: volume name must be unique - "
                        f"{name} is in use by driver {known.driver}"
                    )
                return known, False
            check_name(name)
            if driver == LOCAL:
                check_options(options)
                self._make_directory(name)
            self._insert(name, driver, now, labels, options)
        return self.get(name), True

    def fill(self, name: str, write: Callable[[str], None], *, labels: Mapping[str, str], now: str) -> Volume:
        """A new volume with the content that `write` puts into an empty directory, which becomes the volume when it is
        whole.

        Raises InvalidParameter for a bad name, AlreadyExists when it is taken, SystemFailure, and what `write` raises.
        """
        check_name(name)
        making = f"{self._root}/{_MAKING}{name}"
        with self._lock:
            self._check_free(name)
            try:
                os.mkdir(making, 0o701)
            except FileExistsError:
                raise Conflict(f"volume {name} is being made") from None
            except OSError as error:
                raise _not_made(name, error) from error
        try:
            os.mkdir(f"{making}/{DATA}", 0o755)
            write(f"{making}/{DATA}")
            with self._lock:
                self._check_free(name)
                os.rename(making, self._directory(name))
                self._insert(name, LOCAL, now, labels, {})
        except BaseException as error:
            remove_tree(making)
            if isinstance(error, OSError):
                raise _not_made(name, error) from error
            raise
        return self.get(name)

    def rename(self, name: str, new_name: str, *, used_by: Sequence[str] = ()) -> Volume:
        """Give the volume another name; its content stays where it is. Who names it wants to keep it: it isn't
        anonymous any more.

        Raises NotFound, InvalidParameter for a bad name, AlreadyExists when it is taken, Conflict when a container has
        the volume (whose record names it) or its driver isn't `local`, SystemFailure.
        """
        check_name(new_name)
        with self._lock:
            volume = self.get(name)
            self._check_free(new_name)
            if volume.driver != LOCAL:
                raise Conflict(f"rename {name}: volumes of driver {volume.driver} can't be renamed")
            if used_by:
                raise Conflict(f"rename {name}: volume is in use - [{', '.join(used_by)}]")
            # The row first: a kill between the two is seen by the old name in it, and carried to its end.
            labels = json.dumps({key: value for key, value in volume.labels.items() if key != ANONYMOUS_LABEL})
            self._database.execute(
                "UPDATE volumes SET name = ?, renamed_from = ?, labels = ? WHERE name = ?",
                (new_name, name, labels, name),
            )
            try:
                self._finish_renaming(new_name, name)
            except OSError as error:
                self._database.execute(
                    "UPDATE volumes SET name = ?, renamed_from = '' WHERE name = ?", (name, new_name)
                )
                raise SystemFailure(f"rename {name}: {(error.strerror or str(error)).lower()}") from error
        return self.get(new_name)

    def get(self, name: str) -> Volume:
        """The volume. Raises NotFound."""
        volume = self.find(name)
        if volume is None:
            raise NotFound(f"get {name}: no such volume")
        return volume

    def find(self, name: str) -> Volume | None:
        """The volume, or None."""
        rows = self._database.query(f"SELECT {_COLUMNS} FROM volumes WHERE name = ? AND NOT removing", (name,))
        return self._volume(rows[0]) if rows else None

    def list(self) -> list[Volume]:
        """All volumes, sorted by name."""
        rows = self._database.query(f"SELECT {_COLUMNS} FROM volumes WHERE NOT removing ORDER BY name")
        return [self._volume(row) for row in rows]

    def remove(self, name: str, *, force: bool = False, used_by: Sequence[str] = ()) -> None:
        """Remove the volume and its content. `force`: no error when there is none. `used_by`: ids of containers.

        Raises NotFound, Conflict when a container uses it, SystemFailure when something in it can't be removed.
        """
        with self._lock:
            known = self.find(name)
            if known is None:
                if force:
                    return
                raise NotFound(f"get {name}: no such volume")
            if used_by:
                raise Conflict(f"remove {name}: volume is in use - [{', '.join(used_by)}]")
            if known.driver != LOCAL:
                self._database.execute("DELETE FROM volumes WHERE name = ?", (name,))
                return
            # Marked first: a kill in the middle of a long removal must not leave a volume with half its files.
            self._database.execute("UPDATE volumes SET removing = 1 WHERE name = ?", (name,))
            self._remove_marked(name)

    def copy_up(self, name: str, view: View, source: Steps, path: str = "") -> bool:
        """Fill the volume, if it is empty, from the directory `source` of a container's view; see copy_up.py.

        `path` is where the content is of a volume that isn't a plain directory of ours. Such a one isn't filled twice
        at a time: that is the caller's to see to, because its file system may take as long as it likes.
        """
        volume = self.get(name)
        if volume.driver != LOCAL or volume.mount() is not None:
            return copy_into(path or volume.mountpoint, view, source)
        with self._lock:
            return copy_up(self._directory(name), view, source)

    def size_bytes(self, name: str) -> int:
        """Bytes of regular files in the volume; -1, as Docker has it, when it isn't known."""
        if self.get(name).driver != LOCAL:
            return -1
        try:
            return tree_bytes(self.get(name).mountpoint)
        except OSError as error:
            raise SystemFailure(f"volume {name}: {(error.strerror or str(error)).lower()}") from error

    def _directory(self, name: str) -> str:
        return f"{self._root}/{name}"

    def _volume(self, row: Row) -> Volume:
        name, driver, created_at, labels, options = row
        mountpoint = f"{self._directory(name)}/{DATA}" if driver == LOCAL else ""
        return Volume(name, driver, mountpoint, created_at, json.loads(labels), json.loads(options))

    def _insert(self, name: str, driver: str, now: str, labels: Mapping[str, str], options: Mapping[str, str]) -> None:
        self._database.execute(
            f"INSERT INTO volumes ({_COLUMNS}) VALUES (?, ?, ?, ?, ?)",
            (name, driver, now, json.dumps(dict(labels)), json.dumps(dict(options))),
        )

    def _check_free(self, name: str) -> None:
        known = self.find(name)
        if known is not None:
            raise AlreadyExists(f"a volume named {name} already exists (driver {known.driver})")
        if os.path.lexists(self._directory(name)):  # of somebody's data, or of a creation that failed
            raise AlreadyExists(f"a volume named {name} can't be made: {self._directory(name)} is there already")

    def _finish_renaming(self, name: str, old_name: str) -> None:
        if os.path.isdir(self._directory(old_name)) and not os.path.exists(self._directory(name)):
            os.rename(self._directory(old_name), self._directory(name))
        self._database.execute("UPDATE volumes SET renamed_from = '' WHERE name = ?", (name,))

    def _make_directory(self, name: str) -> None:
        path = self._directory(name)
        try:
            os.makedirs(path, mode=0o701, exist_ok=True)
            os.makedirs(f"{path}/{DATA}", mode=0o755, exist_ok=True)
            os.chmod(path, 0o701)
            os.chmod(f"{path}/{DATA}", 0o755)
        except OSError as error:
            raise SystemFailure(
                f"error while creating volume data path '{path}/{DATA}': {(error.strerror or '').lower()}"
            ) from error

    def _remove_marked(self, name: str) -> None:
        try:
            remove_tree(self._directory(name))
        except OSError as error:
            self._database.execute("UPDATE volumes SET removing = 0 WHERE name = ?", (name,))
            path = f"{self._directory(name)}/{DATA}"
            raise SystemFailure(f"error removing volume path '{path}': {(error.strerror or '').lower()}") from error
        self._database.execute("DELETE FROM volumes WHERE name = ?", (name,))

    def _recover(self) -> None:
        """What a kill left is brought to its end; what can't be, is reported and waits for the next start."""
        for name, old_name in self._database.query("SELECT name, renamed_from FROM volumes WHERE renamed_from != ''"):
            with _reporting(f"renaming volume {old_name} to {name}"):
                self._finish_renaming(str(name), str(old_name))
        removing = [str(name) for (name,) in self._database.query("SELECT name FROM volumes WHERE removing")]
        for name in removing:
            with _reporting(f"removing volume {name}"):
                remove_tree(self._directory(name))
                self._database.execute("DELETE FROM volumes WHERE name = ?", (name,))
        known = {volume.name for volume in self.list()} | set(removing)
        for name in os.listdir(self._root):
            path = self._directory(name)
            if not os.path.isdir(path):
                continue
            with _reporting(f"volume {name}"):
                if name.startswith(_MAKING):
                    remove_tree(path)
                    continue
                if os.path.isdir(f"{path}/{DATA}"):
                    finish(path)
                if name not in known:
                    self._adopt_or_remove(name)

    def _adopt_or_remove(self, name: str) -> None:
        """A directory without a row: its creation was killed before the row was written, or the row was lost."""
        path = self._directory(name)
        try:
            if os.listdir(f"{path}/{DATA}"):
                self._database.execute(
                    f"INSERT INTO volumes ({_COLUMNS}) VALUES (?, 'local', '', '{{}}', '{{}}')", (name,)
                )
                return
        except FileNotFoundError:
            if os.listdir(path):
                return  # not made by us
        remove_tree(path)
