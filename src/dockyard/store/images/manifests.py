"""Manifests and indexes as registries had them: which image each stands for, and their bytes, unchanged.

A push sends these bytes again, so that an image keeps its digest from registry to registry; a pull that finds the
digest here has nothing to fetch. The rows go with their image, the blobs with the rows.
"""

from collections.abc import Iterable
from typing import NamedTuple

from dockyard.store.content import ContentStore
from dockyard.store.metadata import Database


class StoredManifest(NamedTuple):
    """A manifest of image `image_id`; `digest` is that of its bytes in the content store."""

    digest: str
    media_type: str
    image_id: str


class ManifestStore:
    """Rows in `database`, bytes in `content`. For several threads. ImageStore registers the tables, and leases what
    is being written."""

    def __init__(self, content: ContentStore, database: Database) -> None:
        self._content = content
        self._database = database

    def put(self, manifest: tuple[str, bytes], image_id: str, index: tuple[str, bytes] | None = None) -> None:
        """Keep a manifest (media type and bytes) of the image, and the index that it was chosen from."""
        media_type, data = manifest
        digest = self._content.ingest([data]).digest
        above = None if index is None else (self._content.ingest([index[1]]).digest, index[0], digest)
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO image_manifests (digest, media_type, image_id) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                (digest, media_type, image_id),
            )
            if above is not None:
                connection.execute(
                    "INSERT INTO image_indexes (digest, media_type, manifest) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                    above,
                )

    def put_companions(self, image_id: str, documents: Iterable[tuple[str, bytes]]) -> None:
        """Keep what the image's index names beside images: attestation manifests and all below them, by media type."""
        kept = [(self._content.ingest([data]).digest, media_type, image_id) for media_type, data in documents]
        with self._database.transaction() as connection:
            connection.executemany("INSERT OR IGNORE INTO image_companions VALUES (?, ?, ?)", kept)

    def put_referrers(self, image_id: str, rows: Iterable[tuple[str, str, str]]) -> None:
        """Keep which companions refer to the image: their digest, their subject's, and cosign's tag or nothing."""
        with self._database.transaction() as connection:
            connection.executemany(
                "INSERT OR IGNORE INTO image_referrers VALUES (?, ?, ?, ?)", [(*row, image_id) for row in rows]
            )

    def referrers(self, subject: str) -> list[tuple[str, str]]:
        """Digest and tag of each manifest that is kept because it refers to `subject`."""
        rows = self._database.query(
            "SELECT DISTINCT digest, tag FROM image_referrers WHERE subject = ? ORDER BY rowid", (subject,)
        )
        return [(row[0], row[1]) for row in rows]

    def companion(self, digest: str) -> str | None:
        """The media type of what is kept beside some image under this digest; None when nothing is."""
        rows = self._database.query("SELECT media_type FROM image_companions WHERE digest = ? LIMIT 1", (digest,))
        return rows[0][0] if rows else None

    def find(self, digest: str) -> StoredManifest | None:
        """The manifest with this digest, or None."""
        rows = self._database.query("SELECT * FROM image_manifests WHERE digest = ?", (digest,))
        return StoredManifest(*rows[0]) if rows else None

    def of_image(self, image_id: str) -> list[StoredManifest]:
        """All manifests that the image came with."""
        rows = self._database.query("SELECT * FROM image_manifests WHERE image_id = ? ORDER BY rowid", (image_id,))
        return [StoredManifest(*row) for row in rows]

    def below(self, index_digest: str) -> list[StoredManifest]:
        """The manifests of an index whose images are here; nothing when the index isn't known."""
        rows = self._database.query(
            "SELECT image_manifests.* FROM image_manifests "
            "JOIN image_indexes ON image_indexes.manifest = image_manifests.digest WHERE image_indexes.digest = ?",
            (index_digest,),
        )
        return [StoredManifest(*row) for row in rows]

    def indexes_above(self, manifest_digest: str) -> list[tuple[str, str]]:
        """Digest and media type of each index that the manifest was chosen from."""
        rows = self._database.query(
            "SELECT digest, media_type FROM image_indexes WHERE manifest = ? ORDER BY rowid", (manifest_digest,)
        )
        return [(row[0], row[1]) for row in rows]

    def siblings(self, image_id: str) -> list[str]:
        """Ids of the images of other platforms that came from an index that this image came from."""
        rows = self._database.query(
            "SELECT DISTINCT other.image_id FROM image_manifests AS own "
            "JOIN image_indexes AS up ON up.manifest = own.digest "
            "JOIN image_indexes AS down ON down.digest = up.digest "
            "JOIN image_manifests AS other ON other.digest = down.manifest "
            "WHERE own.image_id = ? AND other.image_id <> own.image_id",
            (image_id,),
        )
        return [row[0] for row in rows]

    def digests(self) -> set[str]:
        """Digests of all bytes that must be kept."""
        rows = self._database.query(
            "SELECT digest FROM image_manifests UNION SELECT digest FROM image_indexes "
            "UNION SELECT digest FROM image_companions"
        )
        return {row[0] for row in rows}

    def digests_of_image(self, image_id: str) -> set[str]:
        """Digests of the manifests and indexes of one image, and of what is kept beside it."""
        rows = self._database.query("SELECT digest FROM image_companions WHERE image_id = ?", (image_id,))
        found = {row[0] for row in rows}
        for manifest in self.of_image(image_id):
            found |= {manifest.digest, *(digest for digest, _ in self.indexes_above(manifest.digest))}
        return found
