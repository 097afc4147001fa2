"""The layer store: image layers by chain id, writable layers by container.

Everything is files first, then a row (register), or the row first, then the files (removal); see metadata.py. Which
image layers are still wanted is never counted: `collect` marks from the roots that its caller and the containers'
rows name, and removes the rest.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager

from dockyard.errors import NotFound
from dockyard.fs.mount import Mount
from dockyard.linux.boot import boot_id
from dockyard.store.content import ContentStore
from dockyard.store.content.compression import Compression
from dockyard.store.content.contract import BlobWriter
from dockyard.store.graphdriver.contract import GraphDriver
from dockyard.store.layers import rebuild
from dockyard.store.layers.adopt import Draft
from dockyard.store.layers.confirm import Confirmer
from dockyard.store.layers.dropped import Dropping, drop_damaged
from dockyard.store.layers.layer import Layer, RwLayer
from dockyard.store.layers.leases import Lease, Leases
from dockyard.store.layers.register import KeepableBlob, Progress, Registered, Registrar, Wanted, new_id
from dockyard.store.layers.spooled import spooled
from dockyard.store.layers.table import BlobRow, LayerTable
from dockyard.store.layers.unpack import unpack
from dockyard.store.layers.writable import WritableLayers
from dockyard.store.metadata import Database


class LayerStore:
    """Layers kept by `driver`, blobs in `content`, rows in `database`. For several threads.

    `keep_compressed`: keep compressed blobs as they came, so that a push sends the same bytes; without it only the
    recipe, and what dropped.py says.
    """

    def __init__(
        self,
        driver: GraphDriver,
        content: ContentStore,
        database: Database,
        *,
        keep_compressed: bool = True,
        workers: int = 2,
        boot: str = "",
    ) -> None:
        """`boot`: the id of this boot, by default the kernel's (linux/boot.py)."""
        self.driver = driver
        self._content = content
        self._table = LayerTable(database, driver.name)
        self._leases = Leases()
        self._delete: Callable[[Sequence[str]], None] | None = None
        self._confirmer = Confirmer(driver, self._table, boot or boot_id(), content.folder)
        self._registrar = Registrar(
            driver, self._table, self._confirmer, keep_compressed=keep_compressed, workers=workers
        )
        self._writable = WritableLayers(driver, self._table)
        self.lost = self._lose()
        """Chain ids of layers that a power cut has taken: images may still name them."""
        self.dropping = Dropping(self._table, content, self._registrar.blobs_and_rows, wanted=not keep_compressed)
        """What isn't kept of blobs."""
        if not database.is_new:
            self.sweep()
            self.dropping.drop()

    def lease(self) -> AbstractContextManager[Lease]:
        """A hold on layers (by chain id) that no image refers to yet; see leases.py."""
        return self._leases.lease()

    def get(self, chain_id: str) -> Layer:
        """The layer. Raises NotFound."""
        layer = self._table.find(chain_id)
        if layer is None:
            raise NotFound(f"layer does not exist: {chain_id}")
        return layer

    def find(self, chain_id: str) -> Layer | None:
        """The layer, or None."""
        return self._table.find(chain_id)

    def stack(self, chain_id: str | None) -> list[Layer]:
        """The layers that a chain consists of, lowest first; none for no chain. Raises NotFound."""
        found: list[Layer] = []
        while chain_id is not None:
            found.append(self.get(chain_id))
            chain_id = found[-1].parent
        return found[::-1]

    def layers(self) -> list[Layer]:
        """All image layers."""
        return self._table.layers()

    @contextmanager
    def registered(self, blob: KeepableBlob, parent: str | None) -> Iterator[Layer]:
        """Unpack `blob` on top of the chain `parent`; its diff id becomes known by this. Leased for the block.

        Raises InvalidParameter for a damaged archive, SystemFailure when the disk refuses; then nothing is left.
        Where no image is made of it in the block, the next `collect` takes it.
        """
        with self.lease() as lease:
            if parent is not None:
                lease.add(parent)
            yield self._registrar.one(blob, self.get(parent) if parent else None, lease)

    def register_stack(
        self, wanted: Sequence[Wanted], progress: Progress | None = None, registered: Registered | None = None
    ) -> list[Layer]:
        """Have all layers of an image, lowest first. Hold a lease on their chain ids until an image refers to them.

        Raises InvalidParameter for a damaged archive or when a diff id isn't what was announced, SystemFailure when the
        disk refuses; layers below the failing one may then remain until the next `collect`.
        """
        return self._registrar.stack(wanted, progress, registered)

    def mounts_at(self, chain_id: str, target: str) -> tuple[Mount, ...]:
        """What to mount for the filesystem of `chain_id` to be seen, read-only, in the directory `target`. NotFound."""
        return self.driver.mounts_at(self.get(chain_id).driver_id, target)

    def tar_stream(self, chain_id: str) -> Iterator[bytes]:
        """The layer's uncompressed archive, the very bytes of its diff id; `Layer.archive_bytes` says how many.

        Raises DataLoss when they can't be had, at the latest before the last piece.
        """
        layer = self.get(chain_id)
        recipe = self._table.recipe(chain_id)
        if recipe is not None:
            return rebuild.from_recipe(layer, recipe, self.driver)
        for blob in self._table.blobs(layer.diff_id):
            return rebuild.from_blob(layer, blob.digest, Compression(blob.compression), self._content)
        raise NotFound(f"layer {chain_id}: its archive was not kept")

    def keep_blob(self, layer: Layer, blob: BlobWriter, digest: str, size_bytes: int, compression: Compression) -> None:
        """Keep a blob of the layer's archive that was made here. Hold a lease on the layer."""
        with self._registrar.blobs_and_rows:
            blob.commit(digest, size_bytes)
            self._table.insert_blob(BlobRow(layer.diff_id, digest, size_bytes, compression.value))

    def blobs(self, diff_id: str) -> list[BlobRow]:
        """The blobs of the content store that hold this archive, as they came."""
        return self._table.blobs(diff_id)

    def blob_digests(self) -> set[str]:
        """Digests of all blobs that layers need: the content store's sweep must keep them."""
        return self._table.blob_digests()

    def draft(self, chain_id: str | None) -> Draft:
        """An empty directory on top of `chain_id`, to be written to and adopted; see adopt.py. Hold a lease on both."""
        below = self.get(chain_id) if chain_id else None
        driver_id = self._registrar.empty(below)
        return Draft(driver_id, self.driver.writable(driver_id), below)

    def draft_of_rw(self, container_id: str, *, whole: bool = False) -> Draft:
        """What a container, which has ended for good, has written.

        The files are moved, and its layer can only be forgotten afterwards; with `whole` they are copied, and it stays.
        """
        layer = self.rw(container_id)
        below = self.get(layer.chain_id) if layer.chain_id else None
        driver_id = new_id()
        if not whole and self.driver.promote(layer.driver_id, driver_id, below.driver_id if below else None):
            return Draft(driver_id, self.driver.writable(driver_id), below)
        driver_id = self._registrar.empty(below)
        try:
            with spooled(self._content, layer.diff_tar()) as blob:
                unpack(self.driver, driver_id, blob)
        except BaseException:
            self.driver.remove(driver_id)
            raise
        return Draft(driver_id, self.driver.writable(driver_id), below)

    def adopt(self, draft: Draft, lease: Lease) -> Layer | None:
        """Make a layer of a draft, held by `lease`; None when nothing was written into it. The draft is used up."""
        return self._registrar.adopt(draft, lease, self._dispose)

    def discard(self, draft: Draft) -> None:
        """Remove a draft that isn't wanted."""
        self._dispose(draft.driver_id)

    def dispose_with(self, delete: Callable[[Sequence[str]], None]) -> None:
        """Have the directories of drafts deleted by `delete`, which doesn't wait for it: thousands of files take
        seconds. What it is killed over goes at the next start."""
        self._delete = delete

    def _dispose(self, driver_id: str) -> None:
        if self._delete is None:
            self.driver.remove(driver_id)
        else:
            self._delete(self.driver.detach(driver_id))

    def create_rw(self, container_id: str, chain_id: str | None) -> RwLayer:
        """A writable layer for the container on top of `chain_id` (None: on nothing). See WritableLayers.create."""
        if chain_id is None:
            return self._writable.create(container_id, None)
        with self.lease() as lease:
            lease.add(chain_id)
            return self._writable.create(container_id, self.get(chain_id))

    def is_unconfirmed(self, chain_id: str) -> bool:
        """Whether a power cut would take this layer: `confirm` before something refers to it that would outlive it."""
        return self._table.is_unconfirmed(chain_id)

    def confirm(self, chain_id: str | None = None) -> None:
        """Write all layers out now, which takes as long as the disk does; see confirm.py. Raises SystemFailure, also
        when it failed earlier for the layers of `chain_id`."""
        self._confirmer.confirm(chain_id)

    def complain_to(self, complain: Callable[[str], None]) -> None:
        """Have `complain` told, from any thread, when layers can't be written out."""
        self._confirmer.complain = complain

    def _lose(self) -> tuple[str, ...]:
        """Make the layers not exist that another boot left unconfirmed; whoever needs one makes it again."""
        lost = self._table.lost(self._confirmer.boot)
        if lost:
            diff_ids = [layer.diff_id for chain in lost if (layer := self._table.find(chain))]
            digests, _ = self._table.delete(lost)
            for digest in digests:
                self._content.delete(digest)
            drop_damaged(self._table, self._content, diff_ids)
        if self._table.unconfirmed():
            self._confirmer.soon()  # a killed daemon of this boot didn't come to it
        return tuple(lost)

    def rw(self, container_id: str) -> RwLayer:
        """The container's writable layer. Raises NotFound."""
        return self._writable.get(container_id)

    def remove_rw(self, container_id: str) -> None:
        """Remove the container's writable layer, if it has one. Raises SystemFailure when it is still mounted."""
        self._writable.remove(container_id)

    def forget_rw(self, container_id: str) -> tuple[str, ...]:
        """Make the container's writable layer not exist, without deleting its files: returns the directories left.

        For who has a better process to delete them in. What a kill leaves of them goes at the next start.
        """
        return self._writable.forget(container_id)

    def writable_directories(self) -> set[str]:
        """The driver's ids of containers' layers, and of what lies between them and their images."""
        return {row.driver_id for row in self._table.rw_layers()} | set(self._table.init_layers().values())

    def containers(self) -> set[str]:
        """Ids of all containers that have a writable layer."""
        return {row.container_id for row in self._table.rw_layers()}

    def collect(self, roots: Callable[[], Iterable[str]]) -> list[str]:
        """Remove every image layer that neither `roots()` (chain ids), nor a container, nor a lease needs.

        Returns the chain ids removed, those on top first: what `docker rmi` reports as deleted.
        """
        with self._leases.frozen() as held:
            gone = self._unwanted(held, roots())
            if not gone:
                return []
            with self._registrar.blobs_and_rows:
                digests, inits = self._table.delete(layer.chain_id for layer in gone)
                for digest in digests:
                    self._content.delete(digest)
        for driver_id in (*inits, *(layer.driver_id for layer in gone)):
            self.driver.remove(driver_id)
        return [layer.chain_id for layer in gone]

    def _unwanted(self, held: set[str], roots: Iterable[str]) -> list[Layer]:
        """The layers that nobody needs, those on top first."""
        layers = {layer.chain_id: layer for layer in self._table.layers()}
        pending = [*roots, *held, *(row.chain_id for row in self._table.rw_layers() if row.chain_id)]
        wanted: set[str] = set()
        while pending:
            chain: str | None = pending.pop()
            while chain is not None and chain in layers and chain not in wanted:
                wanted.add(chain)
                chain = layers[chain].parent
        unwanted = (layer for chain, layer in layers.items() if chain not in wanted)
        return sorted(unwanted, key=_Depth(layers), reverse=True)

    def sweep(self) -> list[str]:
        """Remove directories that no row knows: what a killed process left half-made or half-removed. At start only."""
        known = {layer.driver_id for layer in self._table.layers()} | self.writable_directories()
        rubbish = [layer_id for layer_id in self.driver.ids() if layer_id not in known]
        for layer_id in rubbish:
            self.driver.remove(layer_id)
        return rubbish


class _Depth:
    """Sort key: how many layers stand below one."""

    def __init__(self, layers: dict[str, Layer]) -> None:
        self._layers = layers

    def __call__(self, layer: Layer) -> int:
        depth = 0
        while layer.parent is not None and layer.parent in self._layers:
            layer = self._layers[layer.parent]
            depth += 1
        return depth
