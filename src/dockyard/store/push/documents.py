"""What is small and goes with an image: its configuration, attestations, and what refers to it.

A registry that keeps lists of referrers says so when it takes one (OCI-Subject); for others the list is an index under
a tag, which whoever pushes keeps (distribution/registry/referrers.py). Cosign's signatures have tags, which others may
have moved on since: what is at the registry under such a tag stays there, and a line says so.
"""

import json
from collections.abc import Callable, Iterable

from dockyard.spec.image.descriptor import MANIFEST_TYPES, OCI_INDEX, Descriptor
from dockyard.spec.image.manifest import Index, manifest_from_json
from dockyard.store.content.digest import digest_of
from dockyard.store.distribution.events import Status, Tell
from dockyard.store.distribution.registry.referrers import NotAList, fallback_index, fallback_tag, tagged
from dockyard.store.distribution.registry.repository import Repository
from dockyard.store.distribution.registry.uploads import Uploads
from dockyard.store.push.blobs import small_file
from dockyard.store.push.candidates import companions_of
from dockyard.store.push.tools import PushTools
from dockyard.store.push.upload import Upload

DEPTH = 4


class Documents:
    """Sends documents to the repository that `repository` gives; `tell` is told what was left as it is there."""

    def __init__(self, tools: PushTools, repository: Callable[[], Repository], tell: Tell) -> None:
        self._tools = tools
        self._repository = repository
        self._tell = tell

    async def config(self, image_id: str) -> None:
        """Has an image's configuration there."""
        uploads = Uploads(self._repository())
        if not await uploads.has(image_id):
            await self._blob(uploads, image_id)

    async def companion(self, media_type: str, data: bytes) -> bool:
        """Sends a manifest, or a blob of one; whether the registry has put it on its list of referrers."""
        uploads = Uploads(self._repository())
        if media_type in MANIFEST_TYPES:
            return await uploads.put_manifest(digest_of(data), media_type, data)
        if not await uploads.has(digest_of(data)):
            await self._blob(uploads, digest_of(data))
        return True

    async def referrers(self, subjects: Iterable[str]) -> None:
        """Sends all that is kept because it refers to one of `subjects`, and what refers to that."""
        manifests = self._tools.images.manifests
        seen = set(subjects)
        following = list(dict.fromkeys(subjects))
        for _ in range(DEPTH):
            wanted, following = following, []
            for subject in wanted:
                for digest, tag in manifests.referrers(subject):
                    if digest not in seen or tag:
                        seen.add(digest)
                        following.append(digest)
                        await self._referrer(subject, digest, tag)

    async def _referrer(self, subject: str, digest: str, tag: str) -> None:
        documents = companions_of(self._tools.images, digest)
        if documents is None:
            return
        if tag and (there := await tagged(self._repository(), tag)) is not None:
            if there.descriptor.digest != digest:
                self._tell(Status(f"{tag}: left as it is at the registry, which has another one than is kept here"))
            return
        for media_type, data in documents[:-1]:
            await self.companion(media_type, data)
        media_type, data = documents[-1]
        if tag:
            await Uploads(self._repository()).put_manifest(tag, media_type, data)
        elif not await self.companion(media_type, data):
            await self._list(subject, media_type, data)

    async def _list(self, subject: str, media_type: str, data: bytes) -> None:
        """Puts a referrer on the list under the tag, beside those that are there."""
        try:
            before = await fallback_index(self._repository(), subject) or Index(())
        except NotAList as error:
            self._tell(Status(f"{fallback_tag(subject)}: left as it is at the registry: {error}"))
            return
        digest = digest_of(data)
        if any(one.digest == digest for one in before.manifests):
            return
        manifest = manifest_from_json(json.loads(data))
        entry = Descriptor(
            media_type,
            digest,
            len(data),
            manifest.annotations,
            artifact_type=manifest.artifact_type or manifest.config.media_type,
        )
        after = before._replace(manifests=(*before.manifests, entry), media_type=OCI_INDEX)
        body = json.dumps(after.to_json()).encode()
        await Uploads(self._repository()).put_manifest(fallback_tag(subject), OCI_INDEX, body)

    async def _blob(self, uploads: Uploads, digest: str) -> None:
        tools = self._tools
        with small_file(tools.content, digest) as file:
            upload = Upload(uploads, attempts=tools.limits.attempts, now=tools.now, sleep=tools.sleep)
            await upload.send(file, lambda sent: None, lambda seconds: None)  # noqa: ARG005
