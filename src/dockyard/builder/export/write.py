"""A result as an image's documents and blobs: what all exporters of images begin with.

    layers ▸ blobs (compressed where that is wanted) ▸ configuration ▸ manifest ─┬▸ the root, when it is one alone
                                            attestations ▸ attestation manifest ─┴▸ index

Nothing has a name yet, and nothing but compressed layers is on disk.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from dockyard.builder.export.annotations import Annotations, take_annotations
from dockyard.builder.export.attributes import ImageForm
from dockyard.builder.export.config import LayerNote, finished_config
from dockyard.builder.export.contract import Attestation, BuildResult, Ref, Report
from dockyard.builder.export.manifests import (
    Document,
    attestation_documents,
    config_document,
    index_document,
    layer_type,
    manifest_document,
    package_url,
    statement,
)
from dockyard.errors import InvalidParameter
from dockyard.spec.image.descriptor import Descriptor
from dockyard.store.content import ContentStore
from dockyard.store.content.compression import Compression
from dockyard.store.layers import Layer, LayerStore
from dockyard.store.layers.blobs import KeptBlob, have_blob

Note = Callable[[str], LayerNote | None]
"""What is known of the layer with this chain id."""
UNCOMPRESSED = "containerd.io/uncompressed"


@dataclass(frozen=True, slots=True)
class WrittenImage:
    """One platform's image: the ref, its configuration and manifest, and the manifest about it, if any."""

    ref: Ref
    config: Document
    manifest: Document
    attestation: Descriptor | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """The whole: `root` is the manifest or index; `documents` all small things, those that others refer to first."""

    root: Document
    images: tuple[WrittenImage, ...]
    documents: tuple[Document, ...]
    layers: dict[str, Layer]
    """By the digest of the blob."""

    @property
    def is_index(self) -> bool:
        """Whether the root is an index."""
        return self.root.descriptor.digest != self.images[0].manifest.descriptor.digest


class ImageWriter:
    """Writes results as images. `notes` know when layers were made."""

    def __init__(self, layers: LayerStore, content: ContentStore, notes: Note) -> None:
        self._layers = layers
        self._content = content
        self._notes = notes

    async def write(self, result: BuildResult, form: ImageForm, report: Report) -> Written:
        """All documents. Hold a lease on the result's layers. Raises InvalidParameter for what contradicts itself."""
        attested = {ref.id: _wanted(ref, form) for ref in result.refs}
        multi = result.multi or any(attested.values())
        oci = form.oci if form.oci is not None else any(attested.values())
        annotations = take_annotations(result.metadata)[0] | form.annotations
        _check(result, annotations, multi=multi, oci=oci, attested=any(attested.values()))
        epoch = form.epoch_seconds if form.epoch_seconds is not None else result.epoch_seconds
        _check_epoch(result, form, report)
        with report.step("exporting layers"):
            stacks = [await asyncio.to_thread(self._stack, ref, form) for ref in result.refs]
        used: dict[str, Layer] = {}
        documents: list[Document] = []
        images: list[WrittenImage] = []
        for ref, stack in zip(result.refs, stacks, strict=True):
            used |= {blob.digest: layer for layer, blob in stack}
            image = self._image(result, ref, stack, annotations, oci=oci, epoch=epoch)
            for what, one in (("manifest", image.manifest), ("config", image.config)):
                with report.step(f"exporting {what} {one.descriptor.digest}"):
                    pass
            documents += [image.config, image.manifest]
            if attested[ref.id]:
                image, more = _attest(image, attested[ref.id], form)
                with report.step(f"exporting attestation manifest {more[-1].descriptor.digest}"):
                    documents += more
            images.append(image)
        if not multi:
            root = _single(images[0], annotations)
            return Written(root, tuple(images), tuple(documents), used)
        root = index_document(_entries(images, annotations), annotations.of("index"), oci=oci)
        with report.step(f"exporting manifest list {root.descriptor.digest}"):
            documents.append(root)
        described = root.descriptor._replace(annotations=annotations.of("index-descriptor"))
        return Written(Document(described, root.data), tuple(images), tuple(documents), used)

    def _stack(self, ref: Ref, form: ImageForm) -> list[tuple[Layer, KeptBlob]]:
        wanted = form.layers
        return [
            (
                layer,
                have_blob(
                    self._layers,
                    self._content,
                    layer,
                    wanted.compression,
                    level=wanted.level,
                    force=wanted.force,
                ),
            )
            for layer in self._layers.stack(ref.chain_id)
        ]

    def notes(self, ref: Ref) -> list[LayerNote]:
        """What is known of the layers of a ref, lowest first."""
        stack = self._layers.stack(ref.chain_id)
        return [self._notes(layer.chain_id) or LayerNote(layer.diff_id) for layer in stack]

    def _image(
        self,
        result: BuildResult,
        ref: Ref,
        stack: Sequence[tuple[Layer, KeptBlob]],
        annotations: Annotations,
        *,
        oci: bool,
        epoch: int | None,
    ) -> WrittenImage:
        blobs = [Descriptor(layer_type(blob.compression, oci=oci), blob.digest, blob.size_bytes) for _, blob in stack]
        cache = None
        if result.inline_cache is not None:
            marked = [
                blob._replace(annotations={UNCOMPRESSED: layer.diff_id})
                for blob, (layer, _) in zip(blobs, stack, strict=True)
            ]
            cache = result.inline_cache(ref, marked)
        config = finished_config(
            ref.config,
            ref.platform,
            self.notes(ref),
            base_config=ref.base_config,
            epoch_seconds=epoch,
            cache=cache,
        )
        made = config_document(config, oci=oci)
        manifest = manifest_document(made.descriptor, blobs, annotations.of("manifest", ref.platform), oci=oci)
        return WrittenImage(ref, made, manifest)


def uncompressed(notes: Sequence[LayerNote]) -> list[Descriptor]:
    """Descriptors of layers whose blobs nobody has asked for."""
    plain = layer_type(Compression.NONE, oci=True)
    return [Descriptor(plain, note.diff_id, 0, {UNCOMPRESSED: note.diff_id}) for note in notes]


def _wanted(ref: Ref, form: ImageForm) -> list[Attestation]:
    return [one for one in ref.attestations if form.inline_attestations or not one.inline_only]


def _check(result: BuildResult, annotations: Annotations, *, multi: bool, oci: bool, attested: bool) -> None:
    if not result.refs:
        raise InvalidParameter("nothing to export: the build has no result")
    if not multi and len(result.refs) > 1:
        raise InvalidParameter("cannot export multiple platforms without multi-platform enabled")
    ids = {ref.id for ref in result.refs}
    for platform in sorted(annotations.platforms):
        if platform not in ids:
            raise InvalidParameter(f"invalid annotation: no platform {platform} found in source")
    if not oci and any(kind != "manifest" for kind, _, _ in annotations.given):
        raise InvalidParameter('cannot export annotations with "oci-mediatypes=false"')
    if not multi and (annotations.of("index") or annotations.of("index-descriptor")):
        raise InvalidParameter("index annotations not supported for single platform export")
    if attested and not oci:
        raise InvalidParameter('cannot export attestations with "oci-mediatypes=false"')


def _check_epoch(result: BuildResult, form: ImageForm, report: Report) -> None:
    """`rewrite-timestamp`: files are written no later than the build's SOURCE_DATE_EPOCH from the beginning."""
    if not form.rewrite_timestamp:
        return
    if result.epoch_seconds is None and form.epoch_seconds is None:
        report.warn("rewrite-timestamp is specified, but no source-date-epoch was found")
    elif result.epoch_seconds is None or (form.epoch_seconds or result.epoch_seconds) < result.epoch_seconds:
        raise InvalidParameter(
            "rewrite-timestamp: give SOURCE_DATE_EPOCH as a build argument: files are written with its times"
        )


def _single(image: WrittenImage, annotations: Annotations) -> Document:
    described = image.manifest.descriptor._replace(
        platform=image.ref.platform, annotations=annotations.of("manifest-descriptor", image.ref.platform)
    )
    return Document(described, image.manifest.data)


def _entries(images: Sequence[WrittenImage], annotations: Annotations) -> list[Descriptor]:
    entries = [_single(image, annotations).descriptor for image in images]
    return entries + [image.attestation for image in images if image.attestation is not None]


def _attest(
    image: WrittenImage, attestations: Sequence[Attestation], form: ImageForm
) -> tuple[WrittenImage, list[Document]]:
    target = image.manifest.descriptor
    subjects = [(package_url(name, image.ref.platform), target.digest) for name in form.names if name != "*"]
    statements = [statement(one, subjects) for one in attestations]
    entry, documents = attestation_documents(target, statements, artifact=form.artifact)
    return replace(image, attestation=entry), documents
