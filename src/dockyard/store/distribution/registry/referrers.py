"""Who refers to a manifest: signatures, SBOMs, attestations that were put beside an image later on.

    GET referrers/<digest>                 an index of them, where the registry keeps it
    GET manifests/sha256-<hex>             the same index, kept by who pushes, where it doesn't
    GET manifests/sha256-<hex>.sig         cosign's own names, which most signatures still have (.sig, .att, .sbom)

oci distribution-spec v1.1, "Listing Referrers" and "Unavailable Referrers API"
"""

import json
from typing import NamedTuple

from dockyard.errors import InvalidParameter
from dockyard.spec.image.descriptor import OCI_INDEX, Descriptor
from dockyard.spec.image.manifest import Index, index_from_json
from dockyard.store.distribution.registry.failures import Refusal, Untrustworthy
from dockyard.store.distribution.registry.repository import MANIFEST_BYTES, FetchedManifest, Repository, next_page

COSIGN = (".sig", ".att", ".sbom")
_PAGES = 100
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


async def referrers(repository: Repository, digest: str) -> list[Referrer]:
    """All that refer to the manifest `digest`. Raises RegistryFailure."""
    found = await _listed(repository, digest)
    if found is None:
        try:
            kept = await fallback_index(repository, digest)
        except NotAList:
            kept = None
        found = [] if kept is None else list(kept.manifests)
    answer = [Referrer(one) for one in found]
    for suffix in COSIGN:
        tag = fallback_tag(digest) + suffix
        fetched = await tagged(repository, tag)
        if fetched is not None:
            answer.append(Referrer(fetched.descriptor, tag))
    return answer


async def fallback_index(repository: Repository, digest: str) -> Index | None:
    """The index that is kept under a tag; None when nothing has the tag. Raises NotAList when something else has it."""
    tag = fallback_tag(digest)
    fetched = await tagged(repository, tag)
    if fetched is None:
        return None
    if fetched.descriptor.media_type != OCI_INDEX:
        raise NotAList(f"{tag} is no index")
    try:
        return index_from_json(fetched.document())
    except (InvalidParameter, Untrustworthy) as error:
        raise NotAList(f"{tag}: {error}") from None


async def _listed(repository: Repository, digest: str) -> list[Descriptor] | None:
    """What the registry itself knows; None when it doesn't keep such lists."""
    found: dict[str, Descriptor] = {}
    request = repository.request("GET", f"referrers/{digest}", headers={"Accept": OCI_INDEX})
    for _ in range(_PAGES):
        try:
            answer, data = await repository.client.read(request, MANIFEST_BYTES)
        except Refusal as error:
            if error.status in _LASTING or error.status >= 500:
                raise
            return None
        if not answer.headers.get("Content-Type", "").startswith(OCI_INDEX):
            return None  # a page of some proxy's, say
        try:
            page = index_from_json(json.loads(data)).manifests
        except (ValueError, RecursionError, InvalidParameter) as error:
            raise Untrustworthy(f"referrers of {digest}: {error}") from None
        before = len(found)
        found |= {one.digest: one for one in page}
        following = next_page(str(answer.url), answer.headers.get("Link", ""))
        again = repository.follow(request, following) if following and len(found) > before else None
        if again is None:
            break
        request = again
    return list(found.values())


async def tagged(repository: Repository, tag: str) -> FetchedManifest | None:
    """What has the tag, or None. Raises RegistryFailure when the registry doesn't tell."""
    try:
        return await repository.manifest(tag)
    except Refusal as error:
        if error.status == 404:
            return None
        raise
