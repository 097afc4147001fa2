"""`oci` and `docker`: an image as an archive for the client, or as blobs in a content store of it (`tar=false`).

The archive is an OCI image layout; `docker` adds manifest.json, so that every `docker load` understands it. Its members
are sorted and have no times: the same image gives the same bytes.

oci image-spec v1.1, image-layout.md; Docker image specification v1.2, manifest.json
"""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, replace

from dockyard.builder.export.attributes import Attributes, ImageForm, take_image_form
from dockyard.builder.export.config import epoch_text
from dockyard.builder.export.contract import BuildResult, Receiver, Report
from dockyard.builder.export.manifests import compact
from dockyard.builder.export.write import ImageWriter, Written
from dockyard.errors import InvalidParameter
from dockyard.fs.archive.header import DIRECTORY
from dockyard.fs.archive.pack import rechunk
from dockyard.fs.archive.writer import END, Entry, header, padding
from dockyard.spec.image.archive import ArchiveItem, items_to_json
from dockyard.spec.image.descriptor import CONTAINERD_NAME, REF_NAME, Descriptor
from dockyard.spec.image.manifest import Index
from dockyard.store.content import ContentStore
from dockyard.store.distribution.reference import Reference, parse_reference
from dockyard.store.layers import Layer, LayerStore
from dockyard.store.layers.blobs import read_blob

CREATED = "org.opencontainers.image.created"
_LAYOUT = b'{"imageLayoutVersion":"1.0.0"}'
_OWN = ("context", "prefer-image-digest", "buildinfo-attrs")
"""Attributes that buildx sends along and that mean nothing here."""


@dataclass(frozen=True, slots=True)
class _Member:
    """A file of the archive: permissions, size in bytes, content."""

    mode: int
    size: int
    content: Callable[[], Iterator[bytes]]


class LayoutExporter:
    """See Exporter. `docker`: also manifest.json, Docker's media types unless asked otherwise, and one platform."""

    def __init__(
        self,
        kind: str,
        given: Attributes,
        number: int,
        writer: ImageWriter,
        layers: LayerStore,
        content: ContentStore,
        receiver: Receiver,
        now_ns: Callable[[], int],
    ) -> None:
        self._docker = kind == "docker"
        self.name = f"exporting to {kind} image format"
        self._tar = given.flag("tar", default=True)
        self._form = take_image_form(given, inline_attestations=False)
        given.end(ignored=_OWN)
        self._number = number
        self._writer = writer
        self._layers = layers
        self._content = content
        self._receiver = receiver
        self._now_ns = now_ns

    async def export(self, result: BuildResult, report: Report) -> dict[str, str]:
        """See Exporter."""
        if self._docker and result.multi:
            raise InvalidParameter("docker exporter does not currently support exporting manifest lists")
        form = self._named(result)
        if form.oci is None and not self._docker:
            form = replace(form, oci=True)
        written = await self._writer.write(result, form, report)
        names = [_whole(name) for name in form.names]
        root = self._dated(written, form, result)
        answer = {
            "containerimage.digest": root.digest,
            "containerimage.descriptor": base64.b64encode(compact(root.to_json())).decode(),
        }
        if not written.is_index:
            answer["containerimage.config.digest"] = written.images[0].config.descriptor.digest
        if names:
            answer["image.name"] = ",".join(str(name) for name in names)
        if self._tar:
            await self._send(written, root, names, answer, report)
        else:
            await self._put(written, report)
        return answer

    def _named(self, result: BuildResult) -> ImageForm:
        if self._form.names == ("*",) and "image.name" in result.metadata:
            return replace(self._form, names=tuple(result.metadata["image.name"].split(",")))
        return self._form

    def _dated(self, written: Written, form: ImageForm, result: BuildResult) -> Descriptor:
        root = written.root.descriptor
        epoch = form.epoch_seconds if form.epoch_seconds is not None else result.epoch_seconds
        seconds = epoch if epoch is not None else self._now_ns() // 10**9
        return root._replace(annotations={**root.annotations, CREATED: epoch_text(seconds)})

    async def _send(
        self, written: Written, root: Descriptor, names: list[Reference], answer: dict[str, str], report: Report
    ) -> None:
        members = self._members(written, root, names)
        total = sum(member.size for member in members.values())
        with report.step("sending tarball") as moved:
            async with self._receiver.file(self._number, answer) as file:
                if file is None:
                    return
                sent = 0
                async for piece in in_threads(rechunk(_archive(members))):
                    await file.write(piece)
                    sent += len(piece)
                    moved(sent, max(total, sent))

    async def _put(self, written: Written, report: Report) -> None:
        store = self._receiver.content("export")
        with report.step("sending blobs"):
            for digest, size, content in self._blobs(written):
                await store.write(digest, size, in_threads(content()))

    def _blobs(self, written: Written) -> Iterator[tuple[str, int, Callable[[], Iterator[bytes]]]]:
        """All blobs: those that others refer to first."""
        for digest, layer in written.layers.items():
            yield digest, self._size(digest, layer), self._reader(layer, digest)
        for document in written.documents:
            yield document.descriptor.digest, document.descriptor.size, _small(document.data)

    def _size(self, digest: str, layer: Layer) -> int:
        kept = self._content.info(digest)
        return kept.size if kept is not None else layer.archive_bytes

    def _reader(self, layer: Layer, digest: str) -> Callable[[], Iterator[bytes]]:
        return lambda: read_blob(self._layers, self._content, layer, digest)

    def _members(self, written: Written, root: Descriptor, names: list[Reference]) -> dict[str, _Member]:
        members = {_path(digest): _Member(0o444, size, content) for digest, size, content in self._blobs(written)}
        entries = [
            root._replace(annotations={**root.annotations, CONTAINERD_NAME: str(name), REF_NAME: name.tag})
            for name in names
        ]
        for path, data in (
            ("index.json", compact(Index(tuple(entries or [root])).to_json())),
            ("oci-layout", _LAYOUT),
            *([("manifest.json", _docker_manifest(written, names))] if self._docker else []),
        ):
            members[path] = _Member(0o644, len(data), _small(data))
        return members


async def in_threads(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    """The pieces, each of which is made in a thread."""
    while (piece := await asyncio.to_thread(next, pieces, None)) is not None:
        yield piece


def _whole(name: str) -> Reference:
    reference = parse_reference(name)
    return reference if reference.digest else reference.with_default_tag()


def _docker_manifest(written: Written, names: list[Reference]) -> bytes:
    items = []
    for image in written.images:
        layers = json.loads(image.manifest.data)["layers"]
        items.append(
            ArchiveItem(
                _path(image.config.descriptor.digest),
                tuple(name.familiar for name in names),
                tuple(_path(layer["digest"]) for layer in layers),
            )
        )
    return compact(items_to_json(tuple(items)))


def _archive(members: dict[str, _Member]) -> Iterator[bytes]:
    yield header(Entry(b"blobs/", DIRECTORY, 0o755))
    yield header(Entry(b"blobs/sha256/", DIRECTORY, 0o755))
    for name in sorted(members):
        member = members[name]
        yield header(Entry(name.encode(), mode=member.mode, size=member.size))
        yield from member.content()
        yield padding(member.size)
    yield END


def _small(data: bytes) -> Callable[[], Iterator[bytes]]:
    return lambda: iter((data,))


def _path(digest: str) -> str:
    return f"blobs/sha256/{digest[7:]}"
