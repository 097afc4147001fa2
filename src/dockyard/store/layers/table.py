"""The layer store's rows: what exists. SQL stands here and nowhere else in this package.

A row makes a layer exist; a directory without one is rubbish (store/metadata.py says why).
"""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from dockyard.store.layers.layer import Layer
from dockyard.store.metadata import Database, Row

_MIGRATIONS: Final = (
    """
    CREATE TABLE layers (
        chain_id TEXT NOT NULL,
        driver TEXT NOT NULL,
        diff_id TEXT NOT NULL,
        parent TEXT,
        driver_id TEXT NOT NULL UNIQUE,
        size_bytes INTEGER NOT NULL,
        archive_bytes INTEGER NOT NULL,
        recipe BLOB,
        PRIMARY KEY (chain_id, driver)
    ) STRICT;
    CREATE INDEX layers_by_diff ON layers (diff_id);
    CREATE TABLE layer_blobs (
        diff_id TEXT NOT NULL,
        digest TEXT NOT NULL,
        size_bytes INTEGER NOT NULL,
        compression TEXT NOT NULL,
        PRIMARY KEY (diff_id, digest)
    ) STRICT;
    CREATE TABLE rw_layers (
        container_id TEXT PRIMARY KEY,
        chain_id TEXT,
        driver TEXT NOT NULL,
        driver_id TEXT NOT NULL UNIQUE,
        init_id TEXT NOT NULL
    ) STRICT;
    CREATE TABLE init_layers (
        chain_id TEXT NOT NULL,
        driver TEXT NOT NULL,
        driver_id TEXT NOT NULL UNIQUE,
        PRIMARY KEY (chain_id, driver)
    ) STRICT;
    """,
    # The boot that wrote a layer, until its files are known to be on the disk (confirm.py).
    "ALTER TABLE layers ADD COLUMN unconfirmed_boot TEXT",
    "CREATE INDEX layers_unconfirmed ON layers (unconfirmed_boot) WHERE unconfirmed_boot IS NOT NULL",
    """
    CREATE TABLE dropped_blobs (
        diff_id TEXT NOT NULL,
        digest TEXT NOT NULL,
        size_bytes INTEGER NOT NULL,
        compression TEXT NOT NULL,
        beginning BLOB NOT NULL,
        PRIMARY KEY (diff_id, digest)
    ) STRICT;
    """,
)
_COLUMNS: Final = "chain_id, diff_id, parent, driver_id, size_bytes, archive_bytes"


class BlobRow(NamedTuple):
    """A blob in the content store that holds a layer's archive, compressed or not."""

    diff_id: str
    digest: str
    size_bytes: int
    compression: str


class DroppedBlob(NamedTuple):
    """A compressed blob that a layer came as and that wasn't kept; `beginning` are its first bytes."""

    diff_id: str
    digest: str
    size_bytes: int
    compression: str
    beginning: bytes


class RwRow(NamedTuple):
    """A container's writable layer."""

    container_id: str
    chain_id: str | None
    driver_id: str
    init_id: str


class LayerTable:
    """Rows of the layers that `driver` keeps."""

    def __init__(self, database: Database, driver: str) -> None:
        self._database = database
        self._driver = driver
        database.register("layers", _MIGRATIONS)

    def find(self, chain_id: str) -> Layer | None:
        """The layer, or None."""
        rows = self._database.query(
            f"SELECT {_COLUMNS} FROM layers WHERE chain_id = ? AND driver = ?", (chain_id, self._driver)
        )
        return Layer(*rows[0]) if rows else None

    def layers(self) -> list[Layer]:
        """All layers."""
        rows = self._database.query(f"SELECT {_COLUMNS} FROM layers WHERE driver = ?", (self._driver,))
        return [Layer(*row) for row in rows]

    def insert(
        self, layer: Layer, recipe: bytes | None, blob: BlobRow | None, boot: str, dropped: DroppedBlob | None = None
    ) -> None:
        """Make the layer exist, unconfirmed in the boot `boot`; `blob`, if any, is where its archive has been kept,
        `dropped` what it came as."""
        with self._database.transaction() as connection:
            connection.execute(
                f"INSERT INTO layers ({_COLUMNS}, driver, recipe, unconfirmed_boot) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    layer.chain_id,
                    layer.diff_id,
                    layer.parent,
                    layer.driver_id,
                    layer.size_bytes,
                    layer.archive_bytes,
                    self._driver,
                    recipe,
                    boot,
                ),
            )
            if blob is not None:
                connection.execute("INSERT OR REPLACE INTO layer_blobs VALUES (?, ?, ?, ?)", blob)
            if dropped is not None:
                connection.execute("INSERT OR REPLACE INTO dropped_blobs VALUES (?, ?, ?, ?, ?)", dropped)

    def drop(self, dropped: DroppedBlob) -> None:
        """A blob that was kept isn't any more; its bytes are the caller's to delete."""
        with self._database.transaction() as connection:
            connection.execute("INSERT OR REPLACE INTO dropped_blobs VALUES (?, ?, ?, ?, ?)", dropped)
            connection.execute(
                "DELETE FROM layer_blobs WHERE diff_id = ? AND digest = ?", (dropped.diff_id, dropped.digest)
            )

    def droppable(self) -> list[BlobRow]:
        """Compressed blobs of archives that can all be put together again without them."""
        rows = self._database.query(
            "SELECT * FROM layer_blobs WHERE compression <> '' AND diff_id NOT IN "
            "(SELECT diff_id FROM layers WHERE recipe IS NULL)"
        )
        return [BlobRow(*row) for row in rows]

    def dropped(self, diff_id: str) -> list[DroppedBlob]:
        """What the archive `diff_id` came as, where that wasn't kept."""
        rows = self._database.query("SELECT * FROM dropped_blobs WHERE diff_id = ?", (diff_id,))
        return [DroppedBlob(*row) for row in rows]

    def unconfirmed(self) -> list[Layer]:
        """The layers whose files may not be on the disk yet."""
        rows = self._database.query(
            f"SELECT {_COLUMNS} FROM layers WHERE unconfirmed_boot IS NOT NULL AND driver = ?", (self._driver,)
        )
        return [Layer(*row) for row in rows]

    def is_unconfirmed(self, chain_id: str) -> bool:
        """Whether the layer, or one that it stands on, is one of them."""
        return bool(
            self._database.query(
                "WITH RECURSIVE stack (chain_id, parent, boot) AS ("
                " SELECT chain_id, parent, unconfirmed_boot FROM layers WHERE chain_id = ? AND driver = ?"
                " UNION SELECT layers.chain_id, layers.parent, unconfirmed_boot"
                " FROM layers JOIN stack ON layers.chain_id = stack.parent WHERE driver = ?"
                ") SELECT 1 FROM stack WHERE boot IS NOT NULL LIMIT 1",
                (chain_id, self._driver, self._driver),
            )
        )

    def confirm(self, layers: Iterable[Layer]) -> None:
        """The files of these layers are on the disk: of these, not of what has the same chain id since."""
        with self._database.transaction() as connection:
            connection.executemany(
                "UPDATE layers SET unconfirmed_boot = NULL WHERE chain_id = ? AND driver = ? AND driver_id = ?",
                [(layer.chain_id, self._driver, layer.driver_id) for layer in layers],
            )

    def lost(self, boot: str) -> list[str]:
        """Chain ids of the layers that another boot than `boot` left unconfirmed, and of all that stand on them."""
        rows = self._database.query(
            "WITH RECURSIVE lost (chain_id) AS ("
            " SELECT chain_id FROM layers WHERE driver = ? AND unconfirmed_boot IS NOT NULL AND unconfirmed_boot <> ?"
            " UNION SELECT layers.chain_id FROM layers JOIN lost ON layers.parent = lost.chain_id WHERE driver = ?"
            ") SELECT chain_id FROM lost",
            (self._driver, boot, self._driver),
        )
        return [row[0] for row in rows]

    def insert_blob(self, blob: BlobRow) -> None:
        """Another blob of a layer's archive is kept."""
        self._database.execute("INSERT OR REPLACE INTO layer_blobs VALUES (?, ?, ?, ?)", blob)

    def delete(self, chain_ids: Iterable[str]) -> tuple[list[str], list[str]]:
        """Make the layers not exist, in one step.

        Returns digests of blobs that nothing refers to any more, and driver ids of init layers that stood on them.
        """
        with self._database.transaction() as connection:
            for chain_id in chain_ids:
                connection.execute("DELETE FROM layers WHERE chain_id = ? AND driver = ?", (chain_id, self._driver))
            digests = connection.execute(
                "DELETE FROM layer_blobs WHERE diff_id NOT IN (SELECT diff_id FROM layers) RETURNING digest"
            ).fetchall()
            connection.execute("DELETE FROM dropped_blobs WHERE diff_id NOT IN (SELECT diff_id FROM layers)")
            inits = connection.execute(
                "DELETE FROM init_layers WHERE driver = ? AND chain_id <> '' AND chain_id NOT IN "
                "(SELECT chain_id FROM layers WHERE driver = ?) RETURNING driver_id",
                (self._driver, self._driver),
            ).fetchall()
            return [row[0] for row in digests], [row[0] for row in inits]

    def recipe(self, chain_id: str) -> bytes | None:
        """The layer's recipe, or None when it has none."""
        rows = self._database.query(
            "SELECT recipe FROM layers WHERE chain_id = ? AND driver = ?", (chain_id, self._driver)
        )
        return rows[0][0] if rows else None

    def blobs(self, diff_id: str) -> list[BlobRow]:
        """Blobs that hold the archive `diff_id`, uncompressed ones first."""
        rows = self._database.query("SELECT * FROM layer_blobs WHERE diff_id = ? ORDER BY compression", (diff_id,))
        return [BlobRow(*row) for row in rows]

    def blob_digests(self) -> set[str]:
        """All blobs that some layer needs."""
        return {row[0] for row in self._database.query("SELECT digest FROM layer_blobs")}

    def insert_init(self, chain_id: str | None, driver_id: str) -> None:
        """Make the init layer of a chain (None: of nothing) exist."""
        self._database.execute(
            "INSERT INTO init_layers (chain_id, driver, driver_id) VALUES (?, ?, ?)",
            (chain_id or "", self._driver, driver_id),
        )

    def init_layers(self) -> dict[str | None, str]:
        """Driver ids of all init layers, by the chain that they stand on."""
        rows = self._database.query("SELECT chain_id, driver_id FROM init_layers WHERE driver = ?", (self._driver,))
        return {chain_id or None: driver_id for chain_id, driver_id in rows}

    def init_layer(self, chain_id: str | None) -> str | None:
        """The driver id of the chain's init layer, or None."""
        rows = self._database.query(
            "SELECT driver_id FROM init_layers WHERE chain_id = ? AND driver = ?", (chain_id or "", self._driver)
        )
        return rows[0][0] if rows else None

    def insert_rw(self, row: RwRow) -> bool:
        """Make a container's layer exist; False when it has one."""
        return bool(
            self._database.execute(
                "INSERT OR IGNORE INTO rw_layers (container_id, chain_id, driver, driver_id, init_id) "
                "VALUES (?, ?, ?, ?, ?)",
                (row.container_id, row.chain_id, self._driver, row.driver_id, row.init_id),
            )
        )

    def rw(self, container_id: str) -> RwRow | None:
        """The container's layer, or None."""
        rows = self._rw_rows("AND container_id = ?", (container_id,))
        return RwRow(*rows[0]) if rows else None

    def rw_layers(self) -> list[RwRow]:
        """All containers' layers."""
        return [RwRow(*row) for row in self._rw_rows("", ())]

    def delete_rw(self, container_id: str) -> None:
        """Make a container's layer not exist."""
        self._database.execute("DELETE FROM rw_layers WHERE container_id = ?", (container_id,))

    def _rw_rows(self, condition: str, parameters: Sequence[object]) -> list[Row]:
        return self._database.query(
            f"SELECT container_id, chain_id, driver_id, init_id FROM rw_layers WHERE driver = ? {condition}",
            (self._driver, *parameters),
        )
