"""The reference store: which name means which image. A name is a tag or a digest of a repository, in canonical form."""

from dockyard.errors import AlreadyExists, InvalidParameter, NotFound
from dockyard.store.distribution.reference import Reference, parse_reference
from dockyard.store.metadata import Database


class ReferenceStore:
    """Names in `database`. For several threads. The tables are registered by ImageStore."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, reference: Reference) -> str:
        """The image id that `reference` (with its default tag) means. Raises NotFound."""
        found = self.find(reference)
        if found is None:
            raise NotFound(f"reference does not exist: {reference.familiar}")
        return found

    def find(self, reference: Reference) -> str | None:
        """The image id, or None."""
        rows = self._database.query(
            "SELECT image_id FROM image_references WHERE reference = ?", (str(_key(reference)),)
        )
        return rows[0][0] if rows else None

    def put(self, reference: Reference, image_id: str, *, force: bool = True) -> None:
        """Let `reference` mean `image_id`. Raises AlreadyExists when it means another and `force` is False.

        A digest never changes its meaning. Raises InvalidParameter for names that would be taken for an id.
        """
        key = _key(reference)
        if key.domain == "docker.io" and key.path == "library/sha256":
            raise InvalidParameter("refusing to create an ambiguous tag using digest algorithm as name")
        with self._database.transaction() as connection:
            old = self.find(key)
            if old is not None and old != image_id and (key.digest or not force):
                raise AlreadyExists(
                    f"Conflict: tag {key.tag} is already set to image {old}, "
                    "if you want to replace it, please use the force option"
                    if key.tag and not key.digest
                    else f"Cannot overwrite digest {key.digest}"
                )
            connection.execute(
                "INSERT OR REPLACE INTO image_references (reference, name, image_id) VALUES (?, ?, ?)",
                (str(key), key.name, image_id),
            )

    def delete(self, reference: Reference) -> bool:
        """Forget the name; False when it wasn't known."""
        return bool(self._database.execute("DELETE FROM image_references WHERE reference = ?", (str(_key(reference)),)))

    def of_image(self, image_id: str) -> list[Reference]:
        """All names of an image, sorted."""
        rows = self._database.query(
            "SELECT reference FROM image_references WHERE image_id = ? ORDER BY reference", (image_id,)
        )
        return [parse_reference(row[0]) for row in rows]

    def of_name(self, reference: Reference) -> list[tuple[Reference, str]]:
        """All tags and digests of the repository of `reference`, each with its image id, sorted."""
        rows = self._database.query(
            "SELECT reference, image_id FROM image_references WHERE name = ? ORDER BY reference", (reference.name,)
        )
        return [(parse_reference(row[0]), row[1]) for row in rows]

    def all(self) -> dict[str, list[Reference]]:
        """All names by image id: one query for the whole of `docker images`."""
        found: dict[str, list[Reference]] = {}
        for text, image_id in self._database.query(
            "SELECT reference, image_id FROM image_references ORDER BY reference"
        ):
            found.setdefault(image_id, []).append(parse_reference(text))
        return found


def _key(reference: Reference) -> Reference:
    # A name with both tag and digest is stored by its digest: the tag may move on.
    if reference.digest:
        return Reference(reference.domain, reference.path, "", reference.digest)
    return reference.with_default_tag()
