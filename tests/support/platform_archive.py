"""An archive of one image for several platforms: an OCI layout with an index, small layers, and an attestation."""

import hashlib
import io
import json
import tarfile
from pathlib import Path
from typing import Any

STATEMENT = b'{"predicateType":"https://slsa.dev/provenance/v1","predicate":{}}'
OCI = "application/vnd.oci.image"


def platform_archive(path: Path, name: str, platforms: tuple[str, ...], *, attested: bool = False) -> dict[str, str]:
    """Write it to `path`; the digest of the manifest by platform (`linux/arm/v7`), and of the index under "index"."""
    files: dict[str, bytes] = {}
    entries: list[dict[str, Any]] = []
    digests: dict[str, str] = {}
    for text in platforms:
        system, architecture, variant = (*text.split("/"), "")[:3]
        platform = {"architecture": architecture, "os": system, **({"variant": variant} if variant else {})}
        entry = _manifest(files, _config(platform, text), layer("platform", f"{text}\n".encode()), "v1.tar")
        entries.append({**entry, "platform": platform})
        digests[text] = entry["digest"]
    if attested:
        about = {
            "vnd.docker.reference.type": "attestation-manifest",
            "vnd.docker.reference.digest": digests[platforms[0]],
        }
        entry = _manifest(files, {"architecture": "unknown", "os": "unknown"}, STATEMENT, "v1.in-toto+json")
        entries.append({**entry, "platform": {"architecture": "unknown", "os": "unknown"}, "annotations": about})
    index = _blob(files, json.dumps({"schemaVersion": 2, "mediaType": f"{OCI}.index.v1+json", "manifests": entries}))
    names = {"io.containerd.image.name": f"docker.io/library/{name}"}
    top = {"mediaType": f"{OCI}.index.v1+json", **index, "annotations": names}
    files["index.json"] = json.dumps({"schemaVersion": 2, "manifests": [top]}).encode()
    files["oci-layout"] = b'{"imageLayoutVersion":"1.0.0"}'
    with tarfile.open(path, "w") as archive:
        for member, data in files.items():
            _add(archive, member, data)
    return {**digests, "index": index["digest"]}


def layer(name: str, content: bytes) -> bytes:
    """A layer of one file."""
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w") as archive:
        _add(archive, name, content)
    return whole.getvalue()


def _config(platform: dict[str, str], text: str) -> dict[str, Any]:
    data = layer("platform", f"{text}\n".encode())
    return {
        **platform,
        "created": "2024-01-01T00:00:00Z",
        "config": {"Labels": {"platform": text}},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(data).hexdigest()}"]},
        "history": [{"created": "2024-01-01T00:00:00Z", "created_by": f"made for {text}"}],
    }


def _manifest(files: dict[str, bytes], config: dict[str, Any], data: bytes, kind: str) -> dict[str, Any]:
    media_type = "application/vnd.in-toto+json" if "toto" in kind else f"{OCI}.layer.{kind}"
    document = {
        "schemaVersion": 2,
        "mediaType": f"{OCI}.manifest.v1+json",
        "config": {"mediaType": f"{OCI}.config.v1+json", **_blob(files, json.dumps(config))},
        "layers": [{"mediaType": media_type, **_blob(files, data)}],
    }
    return {"mediaType": document["mediaType"], **_blob(files, json.dumps(document))}


def _blob(files: dict[str, bytes], data: str | bytes) -> dict[str, Any]:
    content = data.encode() if isinstance(data, str) else data
    digest = hashlib.sha256(content).hexdigest()
    files[f"blobs/sha256/{digest}"] = content
    return {"digest": f"sha256:{digest}", "size": len(content)}


def _add(archive: tarfile.TarFile, name: str, data: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(data)
    archive.addfile(member, io.BytesIO(data))
