"""Layers and power cuts: a new layer counts in the boot that wrote it, until its files are known to be on the disk.

    unconfirmed(boot)  ── files written out ──▶  confirmed
         └── another boot finds it so ──▶  lost: the row goes, and the sweep takes what is left of the files

The same holds for the compressed blob that a pulled layer came as. Writing out is one syncfs(2) some time after the
last layer came (or long after the first: others may come without end), for all that came meanwhile, in a thread that
nobody waits for: a kill can't lose what the kernel has, and only a power cut needs the disk. docs/adr/0019.
"""

import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterable

from dockyard.errors import DockyardError, SystemFailure
from dockyard.linux.syncfs import sync_filesystem
from dockyard.store.graphdriver.contract import GraphDriver
from dockyard.store.layers.table import LayerTable

QUIET_SECONDS = 5.0
LONGEST_SECONDS = 30.0


class Confirmer:
    """Confirms the layers of `table`. For several threads.

    `boot`: this boot's id. `blobs`: the directory of the content store's blobs. `quiet_seconds`: how long after a new
    layer all of them are written out; `longest_seconds`: how long one waits for that while others keep coming.
    """

    def __init__(
        self,
        driver: GraphDriver,
        table: LayerTable,
        boot: str,
        blobs: str,
        *,
        quiet_seconds: float = QUIET_SECONDS,
        longest_seconds: float = LONGEST_SECONDS,
    ) -> None:
        self.boot = boot
        self.complain: Callable[[str], None] = lambda _: None
        """Told when files can't be written out."""
        self._driver = driver
        self._table = table
        self._blobs = blobs
        self._quiet_seconds = quiet_seconds
        self._longest_seconds = longest_seconds
        self._writing = threading.Lock()
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None
        self._waiting_since: float | None = None
        """When the first layer came that the timer is for."""
        self._doubtful: set[str] = set()
        """Driver ids of what was there when writing out failed: the kernel tells of an error once, and then calls the
        pages clean."""

    def soon(self) -> None:
        """A layer has come: have it confirmed when it has been quiet for a while."""
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
            now = time.monotonic()
            if self._waiting_since is None:
                self._waiting_since = now
            left = self._waiting_since + self._longest_seconds - now
            self._timer = threading.Timer(max(0.0, min(self._quiet_seconds, left)), self._in_background)
            self._timer.name = "layer-confirm"
            self._timer.daemon = True
            self._timer.start()

    def confirm(self, chain_id: str | None = None) -> None:
        """Confirm all layers that are there now. Raises SystemFailure when their files can't be written out.

        `chain_id`: what has to be confirmed then with all below it, whatever failed earlier.
        """
        self._confirm_all()
        if chain_id is not None and self._table.is_unconfirmed(chain_id):
            self._confirm_all()  # removed and made again while the first was written out, unless it is doubtful
            if self._table.is_unconfirmed(chain_id):
                raise SystemFailure("writing out layers failed earlier, and the image may not outlive this boot")

    def _confirm_all(self) -> None:
        with self._writing:
            waiting = [one for one in self._table.unconfirmed() if one.driver_id not in self._doubtful]
            if not waiting:
                return
            try:
                written = self._write_out(one.driver_id for one in waiting)
            except OSError as error:
                self._doubtful |= {one.driver_id for one in waiting}
                failure = SystemFailure(f"writing out layers: {error.strerror}")
                self.complain(str(failure))
                raise failure from error
            if written:
                self._table.confirm(waiting)

    def _write_out(self, driver_ids: Iterable[str]) -> bool:
        """Write out the file system of the layers; False when there is none any more."""
        for driver_id in driver_ids:
            directory = self._driver.writable(driver_id)
            try:
                device = os.stat(directory).st_dev
                sync_filesystem(directory)
            except FileNotFoundError:
                continue  # it was removed meanwhile
            if os.stat(self._blobs).st_dev != device:
                sync_filesystem(self._blobs)
            return True
        return False

    def _in_background(self) -> None:
        with self._lock:
            self._waiting_since = None
        with contextlib.suppress(DockyardError):  # told already; or the database was closed meanwhile
            self._confirm_all()
