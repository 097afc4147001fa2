"""Archives for tests, written by Python's tarfile: the oracle of our own writer and reader."""

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Iterable, Sequence
from typing import Any


def info(name: str, kind: bytes = tarfile.REGTYPE, **fields: Any) -> tarfile.TarInfo:
    """A member: `info("a", tarfile.SYMTYPE, linkname="b")`."""
    member = tarfile.TarInfo(name)
    member.type = kind
    member.mode = 0o755 if kind == tarfile.DIRTYPE else 0o644
    member.mtime = 1_700_000_000
    for key, value in fields.items():
        setattr(member, key, value)
    return member


Entry = tuple[tarfile.TarInfo, bytes]


def file(name: str, data: bytes = b"", **fields: Any) -> Entry:
    """A regular file."""
    return info(name, size=len(data), **fields), data


def directory(name: str, **fields: Any) -> Entry:
    """A directory."""
    return info(name, tarfile.DIRTYPE, **fields), b""


def symlink(name: str, target: str, **fields: Any) -> Entry:
    """A symbolic link."""
    return info(name, tarfile.SYMTYPE, linkname=target, **fields), b""


def hardlink(name: str, target: str, **fields: Any) -> Entry:
    """A hard link."""
    return info(name, tarfile.LNKTYPE, linkname=target, **fields), b""


def node(name: str, kind: bytes, major: int = 0, minor: int = 0, **fields: Any) -> Entry:
    """A device or fifo."""
    return info(name, kind, devmajor=major, devminor=minor, **fields), b""


def tarball(entries: Iterable[Entry], *, format: int = tarfile.PAX_FORMAT) -> bytes:  # noqa: A002
    """An uncompressed archive."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=format) as archive:
        for member, data in entries:
            archive.addfile(member, io.BytesIO(data))
    return buffer.getvalue()


def digest(data: bytes) -> str:
    """sha256:<hex>"""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def image_config(layers: Sequence[bytes], **fields: Any) -> bytes:
    """An image configuration with these (uncompressed) layers."""
    return json.dumps(
        {
            "architecture": "amd64",
            "os": "linux",
            "created": "2024-01-02T03:04:05Z",
            "config": {"Cmd": ["/bin/sh"]},
            "rootfs": {"type": "layers", "diff_ids": [digest(layer) for layer in layers]},
            "history": [{"created": "2024-01-02T03:04:05Z", "created_by": f"step {n}"} for n, _ in enumerate(layers)],
            **fields,
        }
    ).encode()


def docker_archive(
    layers: Sequence[bytes], tags: Sequence[str] = ("test:latest",), *, config: bytes | None = None, gz: bool = False
) -> bytes:
    """What `docker save` of old wrote: manifest.json last, `<n>/layer.tar` for each layer."""
    config = config if config is not None else image_config(layers)
    name = f"{digest(config)[7:]}.json"
    names = [f"{n}/layer.tar" for n, _ in enumerate(layers)]
    stored = [gzip.compress(layer, mtime=0) if gz else layer for layer in layers]
    manifest = [{"Config": name, "RepoTags": list(tags) or None, "Layers": names}]
    return tarball(
        [
            file(name, config),
            *(file(path, data) for path, data in zip(names, stored, strict=True)),
            file("manifest.json", json.dumps(manifest).encode()),
        ]
    )
