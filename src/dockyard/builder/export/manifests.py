"""Manifests, indexes and attestation manifests as bytes: pure functions.

oci image-spec v1.1, manifest.md and image-index.md; attestations:
https://github.com/moby/buildkit/blob/v0.25.1/docs/attestations/attestation-storage.md
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from dockyard.builder.export.contract import Attestation
from dockyard.errors import InvalidParameter
from dockyard.spec.image.descriptor import (
    DOCKER_CONFIG,
    DOCKER_INDEX,
    DOCKER_LAYER,
    DOCKER_MANIFEST,
    OCI_CONFIG,
    OCI_INDEX,
    OCI_LAYER,
    OCI_MANIFEST,
    REFERENCE_DIGEST,
    REFERENCE_TYPE,
    Descriptor,
    Platform,
)
from dockyard.spec.image.fields import Json
from dockyard.spec.image.manifest import Index, Manifest
from dockyard.spec.image.platform import normalized, platform_text
from dockyard.store.content.compression import Compression
from dockyard.store.content.digest import digest_of
from dockyard.store.distribution.reference import parse_reference

IN_TOTO: Final = "application/vnd.in-toto+json"
STATEMENT: Final = "https://in-toto.io/Statement/v0.1"
ATTESTATION: Final = "application/vnd.docker.attestation.manifest.v1+json"
EMPTY: Final = "application/vnd.oci.empty.v1+json"
UNKNOWN: Final = Platform("unknown", "unknown")


@dataclass(frozen=True, slots=True)
class Document:
    """A manifest, index or configuration: its bytes, and what refers to it."""

    descriptor: Descriptor
    data: bytes


def document(media_type: str, data: bytes) -> Document:
    """`data` with its descriptor."""
    return Document(Descriptor(media_type, digest_of(data), len(data)), data)


def layer_type(compression: Compression, *, oci: bool) -> str:
    """The media type of a layer's blob. Raises InvalidParameter: Docker's types know no zstd."""
    if oci:
        return OCI_LAYER + (f"+{compression.value}" if compression.value else "")
    if compression is Compression.ZSTD:
        raise InvalidParameter('exporter option "compression=zstd" conflicts with "oci-mediatypes=false"')
    return DOCKER_LAYER + (f".{compression.value}" if compression.value else "")


def config_document(config: bytes, *, oci: bool) -> Document:
    """An image's configuration."""
    return document(OCI_CONFIG if oci else DOCKER_CONFIG, config)


def manifest_document(
    config: Descriptor, layers: Sequence[Descriptor], annotations: dict[str, str], *, oci: bool
) -> Document:
    """An image's manifest."""
    media_type = OCI_MANIFEST if oci else DOCKER_MANIFEST
    return document(media_type, indented(Manifest(config, tuple(layers), media_type, annotations).to_json()))


def index_document(manifests: Sequence[Descriptor], annotations: dict[str, str], *, oci: bool) -> Document:
    """An index of images."""
    media_type = OCI_INDEX if oci else DOCKER_INDEX
    return document(media_type, indented(Index(tuple(manifests), media_type, annotations).to_json()))


def statement(attestation: Attestation, subjects: Sequence[tuple[str, str]]) -> Json:
    """in-toto's statement: the predicate about `subjects`, each a name and a digest. Raises InvalidParameter."""
    try:
        predicate = json.loads(attestation.predicate)
    except (ValueError, RecursionError) as error:
        raise InvalidParameter(f"cannot read in-toto attestation: {error}") from None
    return {
        "_type": STATEMENT,
        "predicateType": attestation.predicate_type,
        "subject": [
            {"name": name, "digest": dict([digest.split(":", 1)])} for name, digest in subjects
        ],
        "predicate": predicate,
    }  # fmt: skip


def attestation_documents(
    target: Descriptor, statements: Sequence[Json], *, artifact: bool
) -> tuple[Descriptor, list[Document]]:
    """The attestation manifest about `target`: its entry for the index, and all documents, the manifest last."""
    blobs = []
    for one in statements:
        blob = document(IN_TOTO, compact(one))
        annotations = {"in-toto.io/predicate-type": str(one["predicateType"])}
        blobs.append(Document(blob.descriptor._replace(annotations=annotations), blob.data))
    if artifact:
        config = document(EMPTY, b"{}")
    else:
        config = document(
            OCI_CONFIG,
            compact(
                {
                    "architecture": UNKNOWN.architecture,
                    "os": UNKNOWN.os,
                    "config": {},
                    "rootfs": {"type": "layers", "diff_ids": [blob.descriptor.digest for blob in blobs]},
                }
            ),
        )
    manifest = Manifest(
        config.descriptor,
        tuple(blob.descriptor for blob in blobs),
        artifact_type=ATTESTATION if artifact else "",
        subject=Descriptor(target.media_type, target.digest, target.size) if artifact else None,
    )
    made = document(OCI_MANIFEST, indented(manifest.to_json()))
    annotations = {REFERENCE_DIGEST: target.digest, REFERENCE_TYPE: "attestation-manifest"}
    return made.descriptor._replace(annotations=annotations, platform=UNKNOWN), [config, *blobs, made]


def package_url(name: str, platform: Platform) -> str:
    """An image's name as a package URL. https://github.com/package-url/purl-spec"""
    reference = parse_reference(name)
    if not reference.digest:
        reference = reference.with_default_tag()
    space, _, last = reference.familiar_name.rpartition("/")
    qualifiers = [f"digest={quote(reference.digest, safe='')}"] if reference.digest else []
    qualifiers.append(f"platform={quote(platform_text(normalized(platform)), safe='')}")
    path = "".join(f"{quote(part, safe='')}/" for part in space.split("/") if part)
    version = f"@{quote(reference.tag, safe='')}" if reference.tag else ""
    return f"pkg:docker/{path}{quote(last, safe='')}{version}?{'&'.join(qualifiers)}"


def indented(value: Any) -> bytes:
    """JSON as BuildKit writes manifests."""
    return json.dumps(value, indent=2, ensure_ascii=False).encode()


def compact(value: Any) -> bytes:
    """JSON without spaces."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
