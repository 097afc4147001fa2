"""Images as registries hold them, made in memory: layers in any compression, manifests of either kind, indexes.

pack = image_pack([layer({"etc/motd": b"hi"})], docker=True)
upload("127.0.0.1:5000", "team/app", pack, "1.0")
"""

import gzip
import hashlib
import http.client
import io
import json
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from backports import zstd

OCI = "application/vnd.oci.image"
DOCKER = "application/vnd.docker"
INDEX = f"{OCI}.index.v1+json"
DOCKER_INDEX = f"{DOCKER}.distribution.manifest.list.v2+json"
MANIFEST = f"{OCI}.manifest.v1+json"
DOCKER_MANIFEST = f"{DOCKER}.distribution.manifest.v2+json"


def digest_of(data: bytes) -> str:
    """sha256:…"""
    return "sha256:" + hashlib.sha256(data).hexdigest()


@dataclass(frozen=True)
class LayerBlob:
    """A layer as it lies in a registry, and the digest of its uncompressed archive."""

    data: bytes
    diff_id: str
    compression: str

    @property
    def digest(self) -> str:
        """Of the blob."""
        return digest_of(self.data)


def layer(files: Mapping[str, bytes], compression: str = "gzip") -> LayerBlob:
    """A layer of `files`, by name; compressed with gzip, zstd, or "" not at all."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode, entry.mtime = len(data), 0o755, 1_700_000_000
            archive.addfile(entry, io.BytesIO(data))
    return packed_layer(buffer.getvalue(), compression)


def packed_layer(plain: bytes, compression: str = "gzip") -> LayerBlob:
    """A layer of an archive that is there."""
    if compression == "gzip":
        data = gzip.compress(plain, 1, mtime=0)
    else:
        data = zstd.compress(plain) if compression == "zstd" else plain
    return LayerBlob(data, digest_of(plain), compression)


@dataclass
class Pack:
    """What a registry needs: blobs by digest, and manifests (media type, bytes), the last of them the name's."""

    blobs: dict[str, bytes] = field(default_factory=dict)
    manifests: list[tuple[str, bytes]] = field(default_factory=list)
    config_digest: str = ""

    @property
    def digest(self) -> str:
        """Of the manifest or index that the name means."""
        return digest_of(self.manifests[-1][1])

    @property
    def media_type(self) -> str:
        """Of the same."""
        return self.manifests[-1][0]


def image_pack(
    layers: Sequence[LayerBlob],
    *,
    docker: bool = False,
    architecture: str = "amd64",
    variant: str = "",
    config: Mapping[str, Any] | None = None,
    layer_fields: Mapping[str, Any] | None = None,
) -> Pack:
    """An image of `layers`, lowest first, as a Docker schema 2 or an OCI manifest."""
    document: dict[str, Any] = {
        "architecture": architecture,
        **({"variant": variant} if variant else {}),
        "os": "linux",
        "created": "2024-01-01T00:00:00Z",
        "config": {"Cmd": ["sh"], "Env": ["PATH=/bin"], **(config or {})},
        "rootfs": {"type": "layers", "diff_ids": [one.diff_id for one in layers]},
        "history": [{"created": "2024-01-01T00:00:00Z", "created_by": f"layer {n}"} for n in range(len(layers))],
    }
    data = json.dumps(document).encode()
    media_type = DOCKER_MANIFEST if docker else MANIFEST
    manifest = {
        "schemaVersion": 2,
        "mediaType": media_type,
        "config": {
            "mediaType": f"{DOCKER}.container.image.v1+json" if docker else f"{OCI}.config.v1+json",
            "size": len(data),
            "digest": digest_of(data),
        },
        "layers": [
            {"mediaType": _layer_type(one, docker), "size": len(one.data), "digest": one.digest, **(layer_fields or {})}
            for one in layers
        ],
    }
    blobs = {digest_of(data): data, **{one.digest: one.data for one in layers}}
    # indented as Docker does it: what is sent on must be these bytes, not the same JSON
    return Pack(blobs, [(media_type, json.dumps(manifest, indent=3).encode())], digest_of(data))


def index_pack(images: Mapping[str, Pack], *, docker: bool = False) -> Pack:
    """An index of `images` by platform (`linux/arm64/v8`)."""
    whole = Pack()
    entries = []
    for platform, pack in images.items():
        system, architecture, variant = (*platform.split("/"), "")[:3]
        media_type, data = pack.manifests[-1]
        whole.blobs |= pack.blobs
        whole.manifests += pack.manifests
        described = {"os": system, "architecture": architecture, **({"variant": variant} if variant else {})}
        entries.append({"mediaType": media_type, "size": len(data), "digest": digest_of(data), "platform": described})
    media_type = DOCKER_INDEX if docker else INDEX
    document = {"schemaVersion": 2, "mediaType": media_type, "manifests": entries}
    whole.manifests.append((media_type, json.dumps(document, indent=3).encode()))
    return whole


EMPTY = b"{}"


def artifact_pack(
    kind: str, data: bytes, subject: tuple[str, bytes] | None = None, annotations: Mapping[str, str] | None = None
) -> Pack:
    """An artifact of type `kind` with one blob; `subject`: media type and bytes of the manifest that it refers to."""
    document: dict[str, Any] = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "artifactType": kind,
        "config": {"mediaType": "application/vnd.oci.empty.v1+json", "size": 2, "digest": digest_of(EMPTY)},
        "layers": [{"mediaType": kind, "size": len(data), "digest": digest_of(data)}],
    }
    if subject is not None:
        document["subject"] = {"mediaType": subject[0], "size": len(subject[1]), "digest": digest_of(subject[1])}
    if annotations:
        document["annotations"] = dict(annotations)
    blobs = {digest_of(EMPTY): EMPTY, digest_of(data): data}
    return Pack(blobs, [(MANIFEST, json.dumps(document, indent=2).encode())])


def attested_pack(images: Mapping[str, Pack]) -> Pack:
    """An index as BuildKit makes it: images by platform, and an attestation of each."""
    whole = index_pack(images)
    index = json.loads(whole.manifests[-1][1])
    whole.manifests.pop()
    for platform, pack in images.items():
        statement = json.dumps({"_type": "https://in-toto.io/Statement/v0.1", "about": platform}).encode()
        proof = artifact_pack("application/vnd.in-toto+json", statement)
        media_type, data = proof.manifests[0]
        about = {
            "vnd.docker.reference.type": "attestation-manifest",
            "vnd.docker.reference.digest": pack.digest,
        }
        unknown = {"architecture": "unknown", "os": "unknown"}
        entry = {"mediaType": media_type, "size": len(data), "digest": digest_of(data)}
        index["manifests"].append({**entry, "annotations": about, "platform": unknown})
        whole.blobs |= proof.blobs
        whole.manifests.append((media_type, data))
    whole.manifests.append((INDEX, json.dumps(index, indent=2).encode()))
    return whole


def upload(address: str, repository: str, pack: Pack, tag: str, headers: Mapping[str, str] | None = None) -> None:
    """Push `pack` to the registry at `address` over plain HTTP: blobs, then manifests, the last one by `tag`."""
    connection = http.client.HTTPConnection(address, timeout=20)
    for digest, data in pack.blobs.items():
        location = _ask(connection, "POST", f"/v2/{repository}/blobs/uploads/", b"", headers)
        path = location.partition(address)[2] or location
        _ask(connection, "PUT", f"{path}{'&' if '?' in path else '?'}digest={digest}", data, headers)
    for number, (media_type, data) in enumerate(pack.manifests, 1):
        name = tag if number == len(pack.manifests) else digest_of(data)
        _ask(
            connection,
            "PUT",
            f"/v2/{repository}/manifests/{name}",
            data,
            {**(headers or {}), "Content-Type": media_type},
        )
    connection.close()


def fetch_manifest(address: str, repository: str, name: str, headers: Mapping[str, str] | None = None) -> bytes:
    """The bytes of a manifest in a registry."""
    connection = http.client.HTTPConnection(address, timeout=20)
    accept = ", ".join((INDEX, DOCKER_INDEX, MANIFEST, DOCKER_MANIFEST))
    connection.request("GET", f"/v2/{repository}/manifests/{name}", headers={"Accept": accept, **(headers or {})})
    answer = connection.getresponse()
    data = answer.read()
    assert answer.status == 200, data
    return data


def _ask(
    connection: http.client.HTTPConnection, method: str, path: str, body: bytes, headers: Mapping[str, str] | None
) -> str:
    connection.request(method, path, body, dict(headers or {}))
    answer = connection.getresponse()
    shown = answer.read()
    assert answer.status < 300, (method, path, answer.status, shown)
    return answer.headers.get("Location", "")


def _layer_type(one: LayerBlob, docker: bool) -> str:
    if docker:
        return f"{DOCKER}.image.rootfs.diff.tar" + (f".{one.compression}" if one.compression else "")
    return f"{OCI}.layer.v1.tar" + (f"+{one.compression}" if one.compression else "")
