"""New layers: blobs become directories and rows.

Where the driver allows it, layers are unpacked side by side, each into its own directory; overlayfs stacks them only
when they are mounted, so none needs its parent's files. Docker unpacks one after another.
"""

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import NamedTuple, Protocol

from dockyard.errors import InvalidParameter, SystemFailure
from dockyard.store.content.compression import Compression
from dockyard.store.content.contract import Blob
from dockyard.store.graphdriver.contract import GraphDriver
from dockyard.store.layers.adopt import Draft, describe
from dockyard.store.layers.chain import chain_id as chain_of
from dockyard.store.layers.confirm import Confirmer
from dockyard.store.layers.dropped import dropped_blob
from dockyard.store.layers.layer import Layer
from dockyard.store.layers.leases import Lease
from dockyard.store.layers.table import BlobRow, LayerTable
from dockyard.store.layers.unpack import LayerBlob, Unpacked, unpack

Progress = Callable[[str, int, int], None]
"""Called with a layer's diff id, the bytes of its blob read so far, and the blob's size. From several threads."""

Registered = Callable[[int], None]
"""Called with the number of each layer of the stack (0 is the lowest) once it is there, or was there before."""


class KeepableBlob(LayerBlob, Protocol):
    """A blob that can be made part of the content store; keeping one that is there already does nothing."""

    def commit(self, expected_digest: str | None = None, expected_size: int | None = None) -> Blob:
        """See BlobWriter."""


class Wanted(NamedTuple):
    """A layer to have: its diff id as the image's configuration says, and how to get at its blob when it isn't
    there."""

    diff_id: str
    blob: Callable[[], KeepableBlob]


class Registrar:
    """Makes layers. For several threads: two that want the same chain do the work once."""

    def __init__(
        self,
        driver: GraphDriver,
        table: LayerTable,
        confirmer: Confirmer,
        *,
        keep_compressed: bool,
        workers: int,
    ) -> None:
        self._driver = driver
        self._table = table
        self._confirmer = confirmer
        self._keep_compressed = keep_compressed
        self._workers = workers
        self._locks = _KeyedLocks()
        self.blobs_and_rows = threading.Lock()
        """Held from a blob's commit to the row that needs it, and from a row's end to that of its blob: a blob may
        belong to several layers, of which one comes while another goes."""

    def one(self, blob: KeepableBlob, below: Layer | None, lease: Lease) -> Layer:
        """Register a blob whose diff id isn't known beforehand (import, commit). `lease` gets the layer's chain id."""
        layer_id = self._create(below.driver_id if below else None)
        try:
            unpacked = unpack(self._driver, layer_id, blob)
        except BaseException:
            self._driver.remove(layer_id)
            raise
        chain = chain_of(below.chain_id if below else None, unpacked.diff_id)
        lease.add(chain)  # before there is a row: a sweep must not find the one without the other
        with self._locks.hold(chain):
            known = self._table.find(chain)
            if known is not None:
                self._driver.remove(layer_id)
                return known
            try:
                return self._commit(layer_id, blob, unpacked, below)
            except BaseException:
                self._driver.remove(layer_id)
                raise

    def adopt(self, draft: Draft, lease: Lease, dispose: Callable[[str], None]) -> Layer | None:
        """Make a layer of a draft; None when nothing was written into it. `dispose` gets drafts that aren't needed."""
        below = draft.parent
        try:
            described = describe(self._driver, draft)
            if described is not None and described.recipe is None:
                raise SystemFailure("a layer that was written in place can't be described")
            if described is not None:
                chain = chain_of(below.chain_id if below else None, described.diff_id)
                lease.add(chain)
                with self._locks.hold(chain):
                    known = self._table.find(chain)
                    if known is None:
                        return self._commit(draft.driver_id, None, described, below)
        except BaseException:
            dispose(draft.driver_id)
            raise
        dispose(draft.driver_id)
        return known if described is not None else None

    def stack(
        self, wanted: Sequence[Wanted], progress: Progress | None = None, registered: Registered | None = None
    ) -> list[Layer]:
        """Register an image's layers, lowest first; what is there already is taken as it is."""
        with ExitStack() as held:
            found: list[Layer] = []
            for want in wanted:
                chain = chain_of(found[-1].chain_id if found else None, want.diff_id)
                held.enter_context(self._locks.hold(chain))
                layer = self._table.find(chain)
                if layer is None:
                    break
                found.append(layer)
                if registered is not None:
                    registered(len(found) - 1)
            missing = wanted[len(found) :]
            for want in missing[1:]:  # the first one's lock is held already
                held.enter_context(self._locks.hold(chain := chain_of(chain, want.diff_id)))
            if not missing:
                return found
            if self._driver.parallel and len(missing) > 1 and self._workers > 1:
                return found + self._side_by_side(missing, found, progress, registered)
            for want in missing:
                found += self._side_by_side([want], found, progress, registered)
            return found

    def _side_by_side(
        self,
        wanted: Sequence[Wanted],
        found: Sequence[Layer],
        progress: Progress | None,
        registered: Registered | None,
    ) -> list[Layer]:
        below = found[-1] if found else None
        ids: list[str] = []
        blobs = [want.blob() for want in wanted]
        done: list[Layer] = []
        try:
            for _ in wanted:
                ids.append(self._create(ids[-1] if ids else (below.driver_id if below else None)))
            for index, unpacked in enumerate(self._unpack_all(ids, blobs, wanted, progress)):
                if unpacked.diff_id != wanted[index].diff_id:
                    raise InvalidParameter(
                        f'invalid diffID for layer {len(found) + index}: expected "{wanted[index].diff_id}", '
                        f'got "{unpacked.diff_id}"'
                    )
                below = self._commit(ids[index], blobs[index], unpacked, below)
                done.append(below)
                if registered is not None:
                    registered(len(found) + index)
        except BaseException:
            for layer_id in reversed(ids[len(done) :]):
                self._driver.remove(layer_id)
            raise
        return done

    def _unpack_all(
        self, ids: Sequence[str], blobs: Sequence[KeepableBlob], wanted: Sequence[Wanted], progress: Progress | None
    ) -> Iterator[Unpacked]:
        failures: list[BaseException] = []

        def run(index: int) -> Unpacked:
            tell = None
            if progress is not None:
                total, diff_id = blobs[index].size, wanted[index].diff_id
                tell = lambda done: progress(diff_id, done, total)  # noqa: E731
            try:
                return unpack(self._driver, ids[index], blobs[index], tell)
            except BaseException as error:
                failures.append(error)
                for blob in blobs:  # the others may be waiting for bytes that nobody needs any more
                    blob.abandon()
                raise

        if len(ids) == 1:
            yield run(0)
            return
        with ThreadPoolExecutor(min(self._workers, len(ids)), "layer-unpack") as pool:
            futures = [pool.submit(run, index) for index in range(len(ids))]
            try:
                for future in futures:
                    try:
                        unpacked = future.result()
                    except BaseException:
                        raise failures[0] from None
                    yield unpacked
            finally:
                # Leaving the pool waits for what runs, so that nothing is written into directories that get removed.
                for future in futures:
                    future.cancel()

    def empty(self, below: Layer | None) -> str:
        """A new directory without a row on top of `below`."""
        return self._create(below.driver_id if below else None)

    def _create(self, parent: str | None) -> str:
        layer_id = new_id()
        self._driver.create(layer_id, parent)
        return layer_id

    def _commit(self, layer_id: str, blob: KeepableBlob | None, unpacked: Unpacked, below: Layer | None) -> Layer:
        """Make the layer exist, in this boot first: what a power cut would leave of its files is anybody's guess."""
        parent = below.chain_id if below else None
        if below is not None:
            self._driver.inherit(layer_id, below.driver_id, unpacked.implied)
        layer = Layer(
            chain_of(parent, unpacked.diff_id),
            unpacked.diff_id,
            parent,
            layer_id,
            unpacked.size_bytes,
            unpacked.archive_bytes,
        )
        kept = dropped = None
        compressed = unpacked.compression is not Compression.NONE
        if blob is not None and (unpacked.recipe is None or (compressed and self._keep_compressed)):
            kept = BlobRow(unpacked.diff_id, blob.digest, blob.size, unpacked.compression.value)
        elif blob is not None and compressed:
            dropped = dropped_blob(blob, unpacked)
        with self.blobs_and_rows:
            if blob is not None and kept is not None:
                blob.commit()
            self._table.insert(layer, unpacked.recipe, kept, self._confirmer.boot, dropped)
        self._confirmer.soon()
        return layer


def new_id() -> str:
    """A random directory name of 64 hexadecimal digits, as Docker's cache ids."""
    return os.urandom(32).hex()


class _KeyedLocks:
    """A lock for each name, there only as long as somebody wants it."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._locks: dict[str, tuple[threading.Lock, int]] = {}

    @contextmanager
    def hold(self, name: str) -> Iterator[None]:
        with self._guard:
            lock, users = self._locks.get(name, (threading.Lock(), 0))
            self._locks[name] = (lock, users + 1)
        try:
            with lock:
                yield
        finally:
            with self._guard:
                lock, users = self._locks[name]
                if users == 1:
                    del self._locks[name]
                else:
                    self._locks[name] = (lock, users - 1)
