"""Who refers to a manifest: signatures, SBOMs, attestations that were put beside an image later on.

    GET referrers/<digest>                 an index of them, where the registry keeps it
    GET manifests/sha256-<hex>             the same index, kept by who pushes, where it doesn't
    GET manifests/sha256-<hex>.sig         cosign's own names, which most signatures still have (.sig, .att, .sbom)

oci distribution-spec v1.1, "Listing Referrers" and "Unavailable Referrers API"
"""

import asyncio
import json
from dataclasses import dataclass
from typing import NamedTuple

from dockyard.errors import InvalidParameter
from dockyard.spec.image.descriptor import MANIFEST_TYPES, OCI_INDEX, Descriptor
from dockyard.spec.image.manifest import Index, index_from_json
from dockyard.store.distribution.registry.failures import Refusal, Untrustworthy
from dockyard.store.distribution.registry.repository import FetchedManifest, Repository, next_page

COSIGN = (".sig", ".att", ".sbom")
_PAGE_BYTES = 1 << 20
_LASTING = frozenset((401, 403, 429))
"""What says no to the user, rather than that there is nothing of this kind."""


class NotAList(Untrustworthy):
    """Something else has the tag that a list of referrers would have."""


class Referrer(NamedTuple):
    """A manifest that refers to another; `tag` is its name where it has one of cosign's."""

    descriptor: Descriptor
    tag: str = ""


def fallback_tag(digest: str) -> str:
    """The tag under which an index of referrers is kept, or cosign's manifests with their suffix."""
    return digest.replace(":", "-", 1)[:128]


@dataclass(slots=True)
class Bounds:
    """What may still come of lists: of the manifests that an image has and of those that refer to these, together.

    `entries` is how many may refer to one manifest.
    """

    entries: int
    pages: int = 128
    list_bytes: int = 16 << 20

    def take(self, page: bytes) -> None:
        """A page of a list has come. Raises InvalidParameter when it is one too many."""
        self.pages -= 1
        self.list_bytes -= len(page)
        if self.pages < 0 or self.list_bytes < 0:
            raise InvalidParameter("the lists of what refers to the image are too long")

    def check(self, entries: int) -> None:
        """So many manifests refer to one. Raises InvalidParameter when they are too many."""
        if entries > self.entries:
            raise InvalidParameter(f"more than {self.entries} artifacts refer to the image")


async def referrers(repository: Repository, digest: str, bounds: Bounds) -> list[Referrer]:
    """All manifests that refer to the manifest `digest`. Raises RegistryFailure, and InvalidParameter when they are too
    many."""
    found = await _listed(repository, digest, bounds)
    if found is None:
        try:
            kept = await fallback_index(repository, digest, bounds)
        except NotAList:
            kept = None
        found = [] if kept is None else [one for one in kept.manifests if one.media_type in MANIFEST_TYPES]
        bounds.check(len(found))
    answer = [Referrer(one) for one in found]
    for suffix in COSIGN:
        tag = fallback_tag(digest) + suffix
        fetched = await tagged(repository, tag)
        if fetched is not None:
            answer.append(Referrer(fetched.descriptor, tag))
    return answer


async def fallback_index(repository: Repository, digest: str, bounds: Bounds | None = None) -> Index | None:
    """The index that is kept under a tag; None when nothing has the tag. Raises NotAList when something else has it."""
    tag = fallback_tag(digest)
    fetched = await tagged(repository, tag)
    if fetched is None:
        return None
    if fetched.descriptor.media_type != OCI_INDEX:
        raise NotAList(f"{tag} is no index")
    if bounds is not None:
        bounds.take(fetched.data)
    try:
        return await asyncio.to_thread(lambda: index_from_json(fetched.document()))
    except (InvalidParameter, Untrustworthy) as error:
        raise NotAList(f"{tag}: {error}") from None


async def _listed(repository: Repository, digest: str, bounds: Bounds) -> list[Descriptor] | None:
    """What the registry itself knows; None when it doesn't keep such lists."""
    found: dict[str, Descriptor] = {}
    seen: set[str] = set()
    request = repository.request("GET", f"referrers/{digest}", headers={"Accept": OCI_INDEX})
    while True:
        try:
            answer, data = await repository.client.read(request, _PAGE_BYTES)
        except Refusal as error:
            if error.status in _LASTING or error.status >= 500:
                raise
            return None
        if not answer.headers.get("Content-Type", "").startswith(OCI_INDEX):
            return None  # a page of some proxy's, say
        bounds.take(data)
        try:
            page = (await asyncio.to_thread(_index, data)).manifests
        except (ValueError, RecursionError, InvalidParameter) as error:
            raise Untrustworthy(f"referrers of {digest}: {error}") from None
        before = len(seen)
        seen.update(one.digest for one in page)
        found |= {one.digest: one for one in page if one.media_type in MANIFEST_TYPES}
        bounds.check(len(found))
        following = next_page(str(answer.url), answer.headers.get("Link", ""))
        again = repository.follow(request, following) if following and len(seen) > before else None
        if again is None:
            return list(found.values())
        request = again


def _index(data: bytes) -> Index:
    return index_from_json(json.loads(data))


async def tagged(repository: Repository, tag: str) -> FetchedManifest | None:
    """What has the tag, or None. Raises RegistryFailure when the registry doesn't tell."""
    try:
        return await repository.manifest(tag)
    except Refusal as error:
        if error.status == 404:
            return None
        raise
