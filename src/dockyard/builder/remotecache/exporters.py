"""`--cache-to`: what a build came to goes to a registry, into a folder of the client, or into the image itself."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from dockyard.builder.export.attributes import Attributes, LayerForm, take_layer_form
from dockyard.builder.export.contract import BuildResult, InlineCache, Receiver, Ref, Report
from dockyard.builder.export.layout import in_threads
from dockyard.builder.export.manifests import Document, compact, document, layer_type
from dockyard.builder.export.write import UNCOMPRESSED, Note
from dockyard.builder.remotecache.config import CACHE_CONFIG, records_to_json
from dockyard.builder.remotecache.contract import CachePlaces
from dockyard.builder.remotecache.write import (
    CacheContents,
    CacheTrail,
    cache_contents,
    inline_records,
    wanted_traces,
)
from dockyard.builder.solve.elsewhere import Trace
from dockyard.errors import DockyardError, InvalidParameter
from dockyard.spec.image.descriptor import DOCKER_INDEX, OCI_INDEX, OCI_MANIFEST, Descriptor
from dockyard.spec.image.manifest import Index, Manifest
from dockyard.store.content import ContentStore
from dockyard.store.distribution.reference import parse_reference
from dockyard.store.layers import Layer, LayerStore
from dockyard.store.layers.blobs import KeptBlob, have_blob, read_blob
from dockyard.store.push.parcel import Parcel

CREATED_AT: Final = "buildkit/createdat"
_ZERO: Final = "0001-01-01T00:00:00Z"


@dataclass(frozen=True, slots=True)
class CacheTools:
    """What caches are exported with."""

    layers: LayerStore
    content: ContentStore
    notes: Note
    receiver: Receiver
    places: CachePlaces


class CacheExporter(Protocol):
    """One `--cache-to` that isn't inline."""

    name: str
    """As progress shows it."""
    ignores_errors: bool
    """`ignore-error`: a build doesn't fail because its cache can't be put away."""

    async def export(self, trail: CacheTrail, result: BuildResult, report: Report) -> dict[str, str]:
        """Write the cache. Hold a lease on all layers. The answer has `cache.manifest`, unless there is nothing."""


def cache_exporter_of(kind: str, attributes: Mapping[str, str], tools: CacheTools) -> CacheExporter | None:
    """The exporter; None for `inline`, which goes along with the image (`inline_cache`).

    Raises InvalidParameter for types that aren't here (gha, s3, azblob) and attributes that there aren't.
    """
    given = Attributes(f"cache {kind}", attributes)
    match kind:
        case "inline":
            given.text("mode")
            given.flag("ignore-error")
            given.end()
            return None
        case "local":
            return _LocalCache(given, tools)
        case "registry":
            return _RegistryCache(given, tools)
    raise InvalidParameter(f'unknown cache exporter: "{kind}"')


@dataclass(frozen=True, slots=True)
class _Form:
    mode: str
    layers: LayerForm
    oci: bool
    manifest: bool
    ignores_errors: bool


def _take_form(given: Attributes) -> _Form:
    mode = given.text("mode", "min") or "min"
    if mode not in ("min", "max"):
        raise InvalidParameter(f'invalid cache export mode: "{mode}"')
    oci = given.flag("oci-mediatypes", default=True)
    manifest = given.flag("image-manifest", default=oci)
    if manifest and not oci:
        raise InvalidParameter(
            "invalid configuration for remote cache, OCI mediatypes are required for image-manifest cache format"
        )
    form = _Form(mode, take_layer_form(given), oci, manifest, given.flag("ignore-error"))
    given.end()
    return form


class _Written:
    """A cache as documents and blobs."""

    def __init__(self, contents: CacheContents, form: _Form, created: Mapping[str, str]) -> None:
        self.layers: dict[str, tuple[Layer, KeptBlob]] = {blob.digest: (layer, blob) for layer, blob in contents.blobs}
        described = [
            Descriptor(
                layer_type(blob.compression, oci=form.oci),
                blob.digest,
                blob.size_bytes,
                {CREATED_AT: created.get(layer.chain_id) or _ZERO, UNCOMPRESSED: layer.diff_id},
            )
            for layer, blob in contents.blobs
        ]
        self.config = document(CACHE_CONFIG, compact(contents.config.to_json()))
        self.root: Document
        if form.manifest:
            self.root = document(OCI_MANIFEST, compact(Manifest(self.config.descriptor, tuple(described)).to_json()))
        else:
            media_type = OCI_INDEX if form.oci else DOCKER_INDEX
            index = Index((*described, self.config.descriptor), media_type)
            self.root = document(media_type, compact(index.to_json()))


class _Writer:
    """What exporters have in common: from a trail to documents."""

    def __init__(self, form: _Form, tools: CacheTools) -> None:
        self._form = form
        self._tools = tools

    async def write(self, trail: CacheTrail, result: BuildResult, report: Report) -> _Written | None:
        """None when no key gave a layer."""
        with report.step("preparing build cache for export"):
            contents, created = await asyncio.to_thread(self._contents, trail, result)
        if not contents.blobs:
            with report.step("skipping cache export for empty result"):
                return None
        return _Written(contents, self._form, created)

    def _contents(self, trail: CacheTrail, result: BuildResult) -> tuple[CacheContents, dict[str, str]]:
        tools, form = self._tools, self._form.layers
        chains = {layer.chain_id for ref in result.refs for layer in tools.layers.stack(ref.chain_id)}
        created: dict[str, str] = {}

        def stack(chain_id: str) -> list[tuple[Layer, KeptBlob]]:
            found = []
            for layer in tools.layers.stack(chain_id):
                blob = have_blob(
                    tools.layers, tools.content, layer, form.compression, level=form.level, force=form.force
                )
                note = tools.notes(layer.chain_id)
                created[layer.chain_id] = note.created if note is not None else ""
                found.append((layer, blob))
            return found

        traces = wanted_traces(trail, chains, self._form.mode)
        return cache_contents(traces, stack, lambda trace: created_of(tools.notes, trace)), created


class _LocalCache:
    """`type=local,dest=…`: a layout in a folder of the client, whose index.json the client writes."""

    name = "exporting cache to client directory"

    def __init__(self, given: Attributes, tools: CacheTools) -> None:
        folder = given.text("dest")
        if not folder:
            raise InvalidParameter("local cache exporter requires dest")
        given.text("tag")  # the client's matter, as is the next
        given.flag("reset")
        form = _take_form(given)
        self.ignores_errors = form.ignores_errors
        self._writer = _Writer(form, tools)
        self._tools = tools
        self._store = f"local:{folder}"

    async def export(self, trail: CacheTrail, result: BuildResult, report: Report) -> dict[str, str]:
        """See CacheExporter."""
        written = await self._writer.write(trail, result, report)
        if written is None:
            return {}
        store = self._tools.receiver.content(self._store)
        for digest, (layer, blob) in written.layers.items():
            with report.step(f"writing layer {digest}"):
                pieces = read_blob(self._tools.layers, self._tools.content, layer, digest)
                await store.write(digest, blob.size_bytes, in_threads(pieces))
        for what, one in (("config", written.config), ("cache manifest", written.root)):
            with report.step(f"writing {what} {one.descriptor.digest}"):
                await store.write(one.descriptor.digest, one.descriptor.size, in_threads(iter((one.data,))))
        return _answer(written)


class _RegistryCache:
    """`type=registry,ref=…`."""

    name = "exporting cache to registry"

    def __init__(self, given: Attributes, tools: CacheTools) -> None:
        reference = given.text("ref")
        if not reference:
            raise InvalidParameter("registry cache exporter requires ref")
        self._reference = str(parse_reference(reference).with_default_tag())
        self._insecure = given.flag("registry.insecure")
        form = _take_form(given)
        self.ignores_errors = form.ignores_errors
        self._writer = _Writer(form, tools)
        self._tools = tools

    async def export(self, trail: CacheTrail, result: BuildResult, report: Report) -> dict[str, str]:
        """See CacheExporter."""
        written = await self._writer.write(trail, result, report)
        if written is None:
            return {}
        layers = {digest: layer for digest, (layer, _) in written.layers.items()}
        documents = [(one.descriptor.media_type, one.data) for one in (written.config, written.root)]
        with report.step(f"writing cache manifest {written.root.descriptor.digest}"):
            await self._tools.places.send(
                self._reference, Parcel(layers, documents), insecure=self._insecure, report=report
            )
        return _answer(written)


def _answer(written: _Written) -> dict[str, str]:
    return {"cache.manifest": compact(written.root.descriptor.to_json()).decode()}


def inline_cache(trail: CacheTrail, layers: LayerStore, notes: Note) -> InlineCache:
    """What images are told for later builds: the records of their own layers."""

    def records(ref: Ref, blobs: Sequence[Descriptor]) -> bytes | None:
        chains = [layer.chain_id for layer in layers.stack(ref.chain_id)]
        traces = wanted_traces(trail, chains, "min")
        found = inline_records(traces, blobs, chains, lambda trace: created_of(notes, trace))
        return compact(records_to_json(found)) if found else None

    return records


def created_of(notes: Note, trace: Trace) -> str:
    """When the result of a trace was made first."""
    try:
        note = notes(trace.chain_id) if trace.chain_id is not None else None
    except DockyardError:
        return _ZERO
    return note.created if note is not None and note.created else _ZERO
