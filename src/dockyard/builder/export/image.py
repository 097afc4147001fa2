"""`image` (and `moby`, what clients call the store of their daemon): an image in the store, with names, at registries.

An image of one platform that is only to be in the store, as it is by default, is its configuration and its layers: no
layer is compressed for it. As soon as somebody can ask for its digest at a registry (a push, an index, attestations,
annotations), it has manifests, and they are kept, so that a later push sends the very same ones.
"""

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace

from dockyard.builder.export.annotations import take_annotations
from dockyard.builder.export.attributes import Attributes, ImageForm, LayerForm, take_image_form
from dockyard.builder.export.config import finished_config
from dockyard.builder.export.contract import BuildResult, Push, Ref, Report
from dockyard.builder.export.manifests import compact
from dockyard.builder.export.write import ImageWriter, Written, WrittenImage, uncompressed
from dockyard.errors import DockyardError, InvalidParameter, SystemFailure
from dockyard.spec.image.descriptor import Platform
from dockyard.spec.image.platform import fitting, rank
from dockyard.store.distribution.reference import Reference, parse_reference
from dockyard.store.images import StoredImage
from dockyard.store.images.store import ImageStore
from dockyard.store.push.parcel import Parcel

Tag = Callable[[str, Reference], Awaitable[None]]
"""Gives an image (by its id) a name, and tells the engine's events."""
_OWN = ("load", "prefer-image-digest", "buildinfo-attrs", "context")
"""Attributes that buildx sends along and that mean nothing here."""


class ImageExporter:
    """See Exporter."""

    name = "exporting to image"

    def __init__(
        self,
        given: Attributes,
        writer: ImageWriter,
        images: ImageStore,
        machine: Platform,
        tag: Tag,
        push: Push,
        *,
        pushes: bool = False,
    ) -> None:
        self._push_wanted = given.flag("push", default=pushes)
        self._by_digest = given.flag("push-by-digest")
        self._insecure = given.flag("registry.insecure")
        self._store = given.flag("store", default=True)
        given.flag("unpack")  # layers are always unpacked here
        self._dangling = given.text("dangling-name-prefix")
        self._dangling_alone = given.flag("danging-name-empty-only")
        self._canonical = given.flag("name-canonical")
        self._form = take_image_form(given, inline_attestations=True)
        given.end(ignored=_OWN)
        self._writer = writer
        self._images = images
        self._machine = machine
        self._tag = tag
        self._push = push
        for name in self._form.names:
            if name != "*":
                parse_reference(name)

    async def export(self, result: BuildResult, report: Report) -> dict[str, str]:
        """See Exporter."""
        form = self._named(result)
        if self._push_wanted and not form.names:
            raise InvalidParameter("tag is needed when pushing to registry")
        if self._is_plain(result, form):
            return await self._export_plain(result.refs[0], result, form, report)
        written = await self._writer.write(result, form, report)
        root = written.root.descriptor
        names = [_whole(name) for name in form.names]
        answer = {
            "containerimage.digest": root.digest,
            "containerimage.descriptor": base64.b64encode(compact(root.to_json())).decode(),
        }
        told = [str(name) for name in names]
        if self._dangling and not (self._dangling_alone and names):
            told.append(f"{self._dangling}@{root.digest}")
        if told:
            answer["image.name"] = ",".join(told)
        if self._store:
            own = await self._keep(written, names, report)
            answer["containerimage.config.digest"] = own.config.descriptor.digest
        elif not written.is_index:
            answer["containerimage.config.digest"] = written.images[0].config.descriptor.digest
        if self._push_wanted:
            documents = [(one.descriptor.media_type, one.data) for one in written.documents]
            for name in names:
                try:
                    await self._push(
                        str(name),
                        Parcel(written.layers, documents),
                        by_digest=self._by_digest,
                        insecure=self._insecure,
                        report=report,
                    )
                except DockyardError as error:
                    raise SystemFailure(f"failed to push {name}: {error}") from error
        return answer

    def _named(self, result: BuildResult) -> ImageForm:
        if self._form.names == ("*",) and "image.name" in result.metadata:
            return replace(self._form, names=tuple(result.metadata["image.name"].split(",")))
        return self._form

    def _is_plain(self, result: BuildResult, form: ImageForm) -> bool:
        return (
            self._store
            and not self._push_wanted
            and not self._canonical
            and len(result.refs) == 1
            and not result.multi
            and not result.refs[0].attestations
            and form.layers == LayerForm()
            and form.oci is None
            and not form.rewrite_timestamp
            and not (form.annotations | take_annotations(result.metadata)[0]).given
        )

    async def _export_plain(self, ref: Ref, result: BuildResult, form: ImageForm, report: Report) -> dict[str, str]:
        with report.step("exporting layers"):
            notes = await asyncio.to_thread(self._writer.notes, ref)
            cache = result.inline_cache(ref, uncompressed(notes)) if result.inline_cache is not None else None
            epoch = form.epoch_seconds if form.epoch_seconds is not None else result.epoch_seconds
            config = finished_config(
                ref.config,
                ref.platform,
                notes,
                base_config=ref.base_config,
                epoch_seconds=epoch,
                cache=cache,
            )
        stored = await asyncio.to_thread(self._images.create, config, built_locally=True)
        with report.step(f"writing image {stored.id}"):
            pass
        names = [_whole(name) for name in form.names]
        for name in names:
            with report.step(f"naming to {name}"):
                await self._tag(stored.id, name)
        answer = {"containerimage.config.digest": stored.id, "containerimage.digest": stored.id}
        return answer | ({"image.name": ",".join(map(str, names))} if names else {})

    async def _keep(self, written: Written, names: Sequence[Reference], report: Report) -> WrittenImage:
        """Have the images in the store, under their names; the one that the names mean here."""
        own = self._own(written)
        with ExitStack() as held:
            lease = held.enter_context(self._images.lease_content())
            for document in written.documents:
                lease.add(document.descriptor.digest)
            for image in written.images:
                await asyncio.to_thread(self._create, written, image)
            beside = [name for name in names if not name.digest]
            for name in names:
                with report.step(f"naming to {name}"):
                    await self._tag(own.config.descriptor.digest, name)
            for name in beside:
                self._name_digests(written, own, name)
        return own

    def _own(self, written: Written) -> WrittenImage:
        runs = fitting(self._machine)
        ranks = [(rank(image.ref.platform, runs), image) for image in written.images]
        best = [(place, index) for index, (place, _) in enumerate(ranks) if place is not None]
        return written.images[min(best)[1]] if best else written.images[0]

    def _create(self, written: Written, image: WrittenImage) -> StoredImage:
        stored = self._images.create(image.config.data, built_locally=True)
        index = (written.root.descriptor.media_type, written.root.data) if written.is_index else None
        self._images.manifests.put((image.manifest.descriptor.media_type, image.manifest.data), stored.id, index)
        if image.attestation is not None:
            by_digest = {one.descriptor.digest: one for one in written.documents}
            manifest = by_digest[image.attestation.digest]
            fields = json.loads(manifest.data)
            below = [by_digest[one["digest"]] for one in (fields["config"], *fields["layers"])]
            self._images.manifests.put_companions(
                stored.id, [(one.descriptor.media_type, one.data) for one in (*below, manifest)]
            )
        return stored

    def _name_digests(self, written: Written, own: WrittenImage, name: Reference) -> None:
        """Names by digest: of images of other platforms, which else had none; of the whole when that is wanted."""
        named = [(image.manifest.descriptor.digest, image) for image in written.images if image is not own]
        if self._canonical:
            named.append((written.root.descriptor.digest, own))
        for digest, image in named:
            canonical = Reference(name.domain, name.path, "", digest)
            if self._images.references.find(canonical) is None:
                self._images.references.put(canonical, image.config.descriptor.digest)


def _whole(name: str) -> Reference:
    reference = parse_reference(name)
    if reference.digest:
        raise InvalidParameter("build tag cannot contain a digest")
    return reference.with_default_tag()
