"""A layer's uncompressed archive, byte for byte: from its recipe and files, or from a blob that was kept."""

import hashlib
from collections.abc import Iterator
from typing import BinaryIO

from dockyard.errors import DataLoss
from dockyard.fs.archive.pack import rechunk
from dockyard.fs.archive.source import CHUNK
from dockyard.store.content.compression import Compression, inflate
from dockyard.store.content.contract import Content
from dockyard.store.graphdriver.contract import GraphDriver
from dockyard.store.layers.layer import Layer
from dockyard.store.layers.recipe import assemble


def from_recipe(layer: Layer, recipe: bytes, driver: GraphDriver) -> Iterator[bytes]:
    """The archive from its recipe. Raises DataLoss at the end when the bytes are not those of the diff id."""
    with driver.open_data(layer.driver_id) as files:
        yield from _verified(layer, rechunk(assemble(recipe, files)))


def from_blob(layer: Layer, digest: str, compression: Compression, content: Content) -> Iterator[bytes]:
    """The archive from the blob as it came."""
    with content.open(digest) as file:
        yield from _verified(layer, inflate(read_chunks(file), compression))


def read_chunks(file: BinaryIO) -> Iterator[bytes]:
    """A file's content in pieces."""
    while chunk := file.read(CHUNK):
        yield chunk


def _verified(layer: Layer, chunks: Iterator[bytes]) -> Iterator[bytes]:
    # The last chunk is held back until the digest is known: a reader that counts bytes then misses some when it is
    # wrong.
    digest = hashlib.sha256()
    held = b""
    for chunk in chunks:
        if held:
            yield held
        digest.update(chunk)
        held = chunk
    if "sha256:" + digest.hexdigest() != layer.diff_id:
        raise DataLoss(f"layer {layer.chain_id}: its files no longer give the archive {layer.diff_id}")
    if held:
        yield held
