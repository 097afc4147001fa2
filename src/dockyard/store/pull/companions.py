"""What belongs to an image beside its layers: attestations in its index, and what refers to it.

BuildKit puts provenance and SBOMs into the index, as manifests of no platform that name the manifest they are about.
Signatures come later, and refer to it (distribution/registry/referrers.py). Both are small, and are kept as they came:
a push sends them on.
"""

from collections.abc import Iterable
from typing import NamedTuple

from dockyard.errors import DockyardError, InvalidParameter
from dockyard.spec.image.descriptor import MANIFEST_TYPES, REFERENCE_DIGEST, REFERENCE_TYPE, Descriptor
from dockyard.spec.image.manifest import Index, manifest_from_json
from dockyard.store.distribution.registry.failures import RegistryFailure
from dockyard.store.distribution.registry.referrers import Bounds, referrers
from dockyard.store.distribution.registry.repository import Repository
from dockyard.store.pull.plan import check_descriptor
from dockyard.store.pull.small import fetch_small

ATTESTATION = "attestation-manifest"
MOST = 64
"""So many artifacts of an image are taken at most."""
BYTES = 32 << 20
"""And so many bytes of all of them together."""
DEPTH = 2
"""Signatures of signatures of an image, and no further."""

Document = tuple[str, bytes]
"""Media type and bytes."""


class KeptReferrer(NamedTuple):
    """A manifest that refers to `subject`, with `documents`: its blobs, and then itself."""

    digest: str
    subject: str
    tag: str
    documents: list[Document]


async def attestations(repository: Repository, index: Index, manifest_digest: str) -> list[Document]:
    """What the index attests of a manifest, with all blobs; nothing where any of it can't be had, as for Docker, which
    fetches none of it."""
    documents: list[Document] = []
    budget = [BYTES]
    try:
        for entry in index.manifests[: MOST * 4]:
            if (
                entry.annotations.get(REFERENCE_TYPE) == ATTESTATION
                and entry.annotations.get(REFERENCE_DIGEST) == manifest_digest
            ):
                documents += await _artifact(repository, entry, budget)
    except DockyardError:
        return []
    return documents


async def all_referrers(repository: Repository, digests: Iterable[str]) -> list[KeptReferrer]:
    """What refers to the manifests `digests`, directly and over another. Raises RegistryFailure, InvalidParameter."""
    found: list[KeptReferrer] = []
    budget = [BYTES]
    bounds = Bounds(entries=MOST)
    subjects, seen = list(dict.fromkeys(digests)), set(digests)
    for _ in range(DEPTH):
        following: list[str] = []
        for subject in subjects:
            for one in await referrers(repository, subject, bounds):
                if len(found) >= MOST:
                    raise InvalidParameter(f"more than {MOST} artifacts refer to the image")
                if one.descriptor.media_type not in MANIFEST_TYPES or (one.descriptor.digest in seen and not one.tag):
                    continue
                seen.add(one.descriptor.digest)
                documents = await _artifact(repository, one.descriptor, budget)
                found.append(KeptReferrer(one.descriptor.digest, subject, one.tag, documents))
                following.append(one.descriptor.digest)
        subjects = following
    return found


async def _artifact(repository: Repository, descriptor: Descriptor, budget: list[int]) -> list[Document]:
    """The blobs that a manifest names, and the manifest. `budget`: how many bytes may still come."""
    check_descriptor(descriptor, "artifact", budget[0])
    fetched = await repository.manifest(descriptor.digest)
    manifest = manifest_from_json(fetched.document())
    if manifest.media_type not in MANIFEST_TYPES:
        raise InvalidParameter(f"artifact {descriptor.digest} is of the unknown type {manifest.media_type[:200]!r}")
    documents: list[Document] = []
    budget[0] -= len(fetched.data)
    for blob in {one.digest: one for one in (manifest.config, *manifest.layers)}.values():
        budget[0] -= check_descriptor(blob, "artifact", budget[0]).size
        try:
            documents.append((blob.media_type, await fetch_small(repository, blob)))
        except RegistryFailure as error:
            raise RegistryFailure(f"artifact {descriptor.digest}: {error}") from error
    return [*documents, (fetched.descriptor.media_type, fetched.data)]
