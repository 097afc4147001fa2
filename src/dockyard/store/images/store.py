"""The image store: configurations by id. The id is the digest of the configuration's bytes, which are kept as they
came.

The bytes lie in the content store, the row says that the image exists. An image holds its layers by its diff ids;
nothing is counted (see layers/store.py).
"""

import json
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from threading import Lock

from dockyard.errors import DataLoss, InvalidParameter, NotFound
from dockyard.spec.image.config import Image, image_from_json
from dockyard.store.content import ContentStore
from dockyard.store.content.digest import digest_of
from dockyard.store.distribution.reference import Reference, is_identifier, parse_reference
from dockyard.store.images.manifests import ManifestStore
from dockyard.store.images.references import ReferenceStore
from dockyard.store.images.table import IMAGE_MIGRATIONS
from dockyard.store.layers import Layer, LayerStore
from dockyard.store.layers.chain import chain_ids
from dockyard.store.layers.leases import Lease, Leases
from dockyard.store.layers.register import KeepableBlob
from dockyard.store.metadata import Database

_HEX = frozenset("0123456789abcdef")
_PARSED_KEPT = 256


@dataclass(frozen=True, slots=True)
class StoredImage:
    """An image that is here."""

    id: str
    """`sha256:<hex>`"""
    image: Image
    parent: str | None
    """The image that this one was built or committed from here; None for what was pulled or loaded."""
    last_tag_time: str
    """RFC 3339, or empty when it was never tagged here."""

    @property
    def chain_id(self) -> str | None:
        """The uppermost layer's chain id; None for an image without layers."""
        chains = chain_ids(self.image.rootfs.diff_ids)
        return chains[-1] if chains else None


class ImageStore:
    """Images in `database` and `content`, standing on `layers`. For several threads."""

    def __init__(
        self,
        content: ContentStore,
        layers: LayerStore,
        database: Database,
        also_wanted: Callable[[], Iterable[str]] = tuple,
    ) -> None:
        """`also_wanted`: chain ids of layers that somebody else keeps (the build cache)."""
        self._also_wanted = also_wanted
        self._content = content
        self._database = database
        self._layers = layers
        self._leases = Leases()
        self._parsed: OrderedDict[str, Image] = OrderedDict()
        self._lock = Lock()
        database.register("images", IMAGE_MIGRATIONS)
        self.references = ReferenceStore(database)
        self.manifests = ManifestStore(content, database)
        self.layers = layers
        if layers.lost:
            self._lose(layers.lost)
        if not database.is_new:
            self.sweep()

    def lease_content(self) -> AbstractContextManager[Lease]:
        """A hold on blobs (by digest) that nothing refers to yet."""
        return self._leases.lease()

    def create(self, config: bytes, *, parent: str | None = None, built_locally: bool = False) -> StoredImage:
        """Make the image with this configuration exist; one that does already stays as it is.

        Raises InvalidParameter for a bad configuration, NotFound when a layer of it isn't here.
        """
        image = parse_config(config)
        for chain in chain_ids(image.rootfs.diff_ids):
            self._layers.get(chain)
        image_id = digest_of(config)
        with self.lease_content() as lease:
            lease.add(image_id)
            self._content.ingest([config], expected_digest=image_id)
            self._database.execute(
                "INSERT INTO images (id, parent, built_locally) VALUES (?, ?, ?) ON CONFLICT (id) DO NOTHING",
                (image_id, parent, int(built_locally)),
            )
        return self.by_id(image_id)

    def by_id(self, image_id: str) -> StoredImage:
        """The image with this full id. Raises NotFound."""
        rows = self._database.query("SELECT parent, last_tag_time FROM images WHERE id = ?", (image_id,))
        if not rows:
            raise NotFound(f"No such image: {image_id}")
        return StoredImage(image_id, self._image(image_id), rows[0][0], rows[0][1])

    def config_bytes(self, image_id: str) -> bytes:
        """The configuration's bytes. Raises NotFound, DataLoss."""
        return self._content.read(image_id)

    def blob(self, digest: str) -> bytes:
        """The bytes of a manifest or an index. Raises NotFound, DataLoss."""
        return self._content.read(digest)

    def images(self) -> list[StoredImage]:
        """All images, in no particular order."""
        rows = self._database.query("SELECT id, parent, last_tag_time FROM images")
        return [StoredImage(row[0], self._image(row[0]), row[1], row[2]) for row in rows]

    def children(self, image_id: str) -> list[str]:
        """Ids of images that were built or committed from this one."""
        return [row[0] for row in self._database.query("SELECT id FROM images WHERE parent = ?", (image_id,))]

    def set_parent(self, image_id: str, parent: str) -> None:
        """Record that `image_id` was made from `parent`."""
        self._database.execute("UPDATE images SET parent = ? WHERE id = ?", (parent, image_id))

    def get(self, name: str) -> StoredImage:
        """The image that a user means: a reference, an id, or the beginning of one. Raises NotFound, InvalidParameter.

        As Docker: a full id first, then a name, then a prefix of an id.
        """
        if is_identifier(name):
            return self._by_full_id(name)
        try:
            reference = parse_reference(name)
        except InvalidParameter as error:
            if _is_prefix(name):
                return self._by_prefix(name, name)
            raise InvalidParameter(f"{error}" if str(error).startswith("invalid reference") else str(error)) from None
        found = self.references.find(reference)
        if found is not None:
            return self.by_id(found)
        if _is_prefix(name):
            return self._by_prefix(name, reference.with_default_tag().familiar)
        raise NotFound(f"No such image: {reference.with_default_tag().familiar}")

    def find(self, name: str) -> StoredImage | None:
        """Like `get`, with None instead of NotFound."""
        try:
            return self.get(name)
        except NotFound:
            return None

    def tag(self, reference: Reference, image_id: str, *, now: str = "") -> None:
        """Give the image another name, taking it from whichever had it. `now` is RFC 3339 text for LastTagTime."""
        with self._database.transaction() as connection:
            self.references.put(reference, image_id)
            if now:
                connection.execute("UPDATE images SET last_tag_time = ? WHERE id = ?", (now, image_id))

    def delete(self, image_id: str) -> list[str]:
        """Make the image and all its names not exist; returns chain ids of layers that went with it, top first."""
        with self._leases.frozen() as held:
            manifests = self.manifests.digests_of_image(image_id)
            self._database.execute("DELETE FROM images WHERE id = ?", (image_id,))
            gone = {image_id, *manifests} - self.manifests.digests() - held
            # A companion may be a layer's blob or another's configuration, too: whoever pushed it chose its bytes.
            self._layers.dropping.forget(one for one in gone if not self._is_config(one))
        with self._lock:
            self._parsed.pop(image_id, None)
        return self.collect_layers()

    @contextmanager
    def new_layer(self, blob: KeepableBlob, parent: str | None) -> Iterator[Layer]:
        """A layer of `blob` on top of the chain `parent`, of which the block makes an image; without one it goes again.

        Raises InvalidParameter for a damaged archive, SystemFailure when the disk refuses; then nothing is left.
        """
        try:
            with self._layers.registered(blob, parent) as layer:
                yield layer
        except BaseException:
            self.collect_layers()
            raise

    def collect_layers(self) -> list[str]:
        """Remove layers that no image, container or lease needs; returns their chain ids, top first."""
        return self._layers.collect(
            lambda: [*self._also_wanted(), *(chain for stored in self.images() if (chain := stored.chain_id))]
        )

    def drop_blobs(self, diff_ids: frozenset[str], recovered: Iterable[str] = ()) -> None:
        """After a push: drop compressed blobs of layers that are only kept because nobody has dropped them (see
        layers/dropped.py), and blobs that were `recovered` for it, unless somebody holds them."""
        with self._leases.frozen() as held:
            self._layers.dropping.drop(diff_ids, but=held)
            self._layers.dropping.forget(set(recovered) - held - self.manifests.digests())

    def layers_of(self, stored: StoredImage) -> list[Layer]:
        """The image's layers, lowest first."""
        return [self._layers.get(chain) for chain in chain_ids(stored.image.rootfs.diff_ids)]

    def size_bytes(self, stored: StoredImage) -> int:
        """The sum of the sizes of the image's layers."""
        return sum(layer.size_bytes for layer in self.layers_of(stored))

    def _lose(self, chains: Iterable[str]) -> None:
        """Make the images not exist of which a power cut took a layer: they are pulled, loaded or built again."""
        lost = set(chains)
        for stored in self.images():
            if not lost.isdisjoint(chain_ids(stored.image.rootfs.diff_ids)):
                self._database.execute("DELETE FROM images WHERE id = ?", (stored.id,))

    def sweep(self) -> None:
        """Remove what a killed process left: layers without an image, blobs that nothing refers to. At start only."""
        self.collect_layers()
        wanted = {row[0] for row in self._database.query("SELECT id FROM images")}
        wanted |= self._layers.blob_digests() | self.manifests.digests()
        for blob in list(self._content.list()):
            if blob.digest not in wanted:
                self._content.delete(blob.digest)

    def _is_config(self, digest: str) -> bool:
        return bool(self._database.query("SELECT 1 FROM images WHERE id = ?", (digest,)))

    def _image(self, image_id: str) -> Image:
        with self._lock:
            known = self._parsed.get(image_id)
        if known is None:
            try:
                known = parse_config(self._content.read(image_id))
            except NotFound as error:
                raise DataLoss(f"image {image_id}: its configuration is missing on disk") from error
            with self._lock:
                self._parsed[image_id] = known
                if len(self._parsed) > _PARSED_KEPT:
                    self._parsed.popitem(last=False)
        return known

    def _by_full_id(self, name: str) -> StoredImage:
        digest = name if name.startswith("sha256:") else f"sha256:{name}"
        try:
            return self.by_id(digest)
        except NotFound:
            # What builds and registries call an image: the digest of its manifest, or of an index; of that the image
            # that a tag means.
            whole = self.manifests.find(digest)
            ids = [whole.image_id] if whole is not None else [one.image_id for one in self.manifests.below(digest)]
            for image_id in sorted(ids, key=lambda one: all(name.digest for name in self.references.of_image(one))):
                return self.by_id(image_id)
            raise NotFound(f"No such image: {name}") from None

    def _by_prefix(self, name: str, shown: str) -> StoredImage:
        prefix = name.removeprefix("sha256:")
        rows = self._database.query(
            "SELECT id FROM images WHERE id >= ? AND id < ? LIMIT 2", (f"sha256:{prefix}", f"sha256:{prefix}g")
        )
        if len(rows) != 1:
            raise NotFound(f"No such image: {shown}")
        return self.by_id(rows[0][0])


def parse_config(config: bytes) -> Image:
    """An image configuration's bytes. Raises InvalidParameter."""
    try:
        return image_from_json(json.loads(config))
    except (ValueError, RecursionError) as error:
        raise InvalidParameter(f"invalid image JSON: {error}") from None


def _is_prefix(name: str) -> bool:
    text = name.removeprefix("sha256:")
    return 0 < len(text) <= 64 and _HEX.issuperset(text)
