"""`docker history`: one row for each step of the image's history, newest first."""

from dataclasses import dataclass

from dockyard.store.images.store import ImageStore, StoredImage


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """One row. `id` is `<missing>` for steps that aren't images here; `created` is RFC 3339 text."""

    id: str
    created: str
    created_by: str
    tags: tuple[str, ...]
    size_bytes: int
    comment: str


def history(store: ImageStore, stored: StoredImage) -> list[HistoryRow]:
    """The image's history. Steps with a layer take the image's layers in order, lowest first."""
    layers = iter(store.layers_of(stored))
    rows = []
    for step in stored.image.history:
        layer = None if step.empty_layer else next(layers, None)
        size = layer.size_bytes if layer else 0
        rows.append(HistoryRow("<missing>", step.created, step.created_by, (), size, step.comment))
    rows.reverse()
    # The first row is the image itself; its ancestors are named as far as they were made here.
    current: StoredImage | None = stored
    for index, row in enumerate(rows):
        if current is None:
            break
        tags = tuple(reference.familiar for reference in store.references.of_image(current.id) if reference.tag)
        rows[index] = HistoryRow(current.id, row.created, row.created_by, tags, row.size_bytes, row.comment)
        current = store.by_id(current.parent) if current.parent and store.find(current.parent) else None
    return rows
