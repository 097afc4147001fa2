"""Images without a registry: docker archives of layers made here, and one of Debian's busybox-static.

They are deterministic (times are 0), so that an image's id is the same on every call and the cache may be shared.
Format: the `docker save` archive, https://github.com/moby/docker-image-spec/blob/v1.3.1/spec.md#combined-image-json--filesystem-changeset-format
"""

import hashlib
import io
import json
import os
import platform
import subprocess
import tarfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.peers.fetch import cache_directory, fetch, find_program, locked

PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
CREATED = "2024-01-02T03:04:05Z"
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


def busybox_image(reference: str = "busybox:latest") -> Path:
    """A docker archive with busybox as its only program: Cmd sh, Env PATH, a link for each applet, /etc/{passwd,group}.

    About 2 MB; made once and then taken from the cache.
    """
    return cached_image("busybox", reference, lambda target: _write_busybox(target, reference))


def docker_archive(
    target: Path, reference: str, layers: Sequence[bytes], config: Mapping[str, Any], history: Sequence[str] = ()
) -> str:
    """Write a docker archive to `target` from plain layer tars, lowest first; returns the image id (sha256:…)."""
    diff_ids = [f"sha256:{hashlib.sha256(layer).hexdigest()}" for layer in layers]
    steps = list(history) or [f"layer {number}" for number in range(len(layers))]
    document = {
        "architecture": ARCHITECTURES.get(platform.machine(), platform.machine()),
        "os": "linux",
        "created": CREATED,
        "config": dict(config),
        "rootfs": {"type": "layers", "diff_ids": diff_ids},
        "history": [{"created": CREATED, "created_by": step} for step in steps],
    }
    raw = json.dumps(document, separators=(",", ":")).encode()
    digest = hashlib.sha256(raw).hexdigest()
    names = [f"{diff_id.removeprefix('sha256:')}/layer.tar" for diff_id in diff_ids]
    manifest = [{"Config": f"{digest}.json", "RepoTags": [reference], "Layers": names}]
    with tarfile.open(target, "w") as archive:
        _add(archive, f"{digest}.json", raw)
        for name, layer in zip(names, layers, strict=True):
            _add(archive, name, layer)
        _add(archive, "manifest.json", json.dumps(manifest).encode())
    return f"sha256:{digest}"


def layer(entries: Iterable[tuple[tarfile.TarInfo, bytes]]) -> bytes:
    """A layer tar from entries and their contents, in the order given."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for entry, content in entries:
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def directory(name: str, mode: int = 0o755) -> tuple[tarfile.TarInfo, bytes]:
    """A folder, as an entry for `layer`."""
    entry = tarfile.TarInfo(name)
    entry.type, entry.mode = tarfile.DIRTYPE, mode
    return entry, b""


def file(name: str, content: bytes | str, mode: int = 0o644) -> tuple[tarfile.TarInfo, bytes]:
    """A regular file, as an entry for `layer`."""
    entry = tarfile.TarInfo(name)
    entry.mode = mode
    return entry, content.encode() if isinstance(content, str) else content


def symlink(name: str, target: str) -> tuple[tarfile.TarInfo, bytes]:
    """A symbolic link, as an entry for `layer`."""
    entry = tarfile.TarInfo(name)
    entry.type, entry.linkname, entry.mode = tarfile.SYMTYPE, target, 0o777
    return entry, b""


def busybox_archive_files() -> list[tuple[tarfile.TarInfo, bytes]]:
    """The entries of the busybox layer, for tests that build an image of their own upon it."""
    busybox = find_program(fetch("busybox"), "busybox")
    assert busybox is not None
    applets = subprocess.run([busybox, "--list"], capture_output=True, text=True, check=True).stdout.split()
    folders = [
        "bin",
        "etc",
        "home",
        "root",
        "usr",
        "usr/bin",
        "usr/sbin",
        "sbin",
        "var",
        "var/www",
        "dev",
        "proc",
        "sys",
    ]
    return [
        *(directory(name) for name in folders),
        directory("tmp", 0o1777),
        file("bin/busybox", busybox.read_bytes(), 0o755),
        *(symlink(f"bin/{applet}", "busybox") for applet in sorted(applets) if applet != "busybox"),
        file(
            "etc/passwd",
            "root:x:0:0:root:/root:/bin/sh\ndaemon:x:1:1:daemon:/usr/sbin:/bin/false\nnobody:x:65534:65534:nobody:/home:/bin/false\n",
        ),
        file("etc/group", "root:x:0:\ndaemon:x:1:\nnogroup:x:65534:\n"),
        file("etc/shadow", "root:*::0:::::\n", 0o640),
    ]


def _write_busybox(target: Path, reference: str) -> None:
    config = {"Cmd": ["sh"], "Env": [PATH]}
    docker_archive(target, reference, [layer(busybox_archive_files())], config, ["busybox-static"])


def cached_image(kind: str, reference: str, make: Callable[[Path], None]) -> Path:
    """The archive of `reference` in the cache, made by `make` when it isn't there: whole, or not at all."""
    target = cache_directory() / "images" / f"{kind}-{_file_name(reference)}.tar"
    if target.exists():
        return target
    with locked("images"):
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            unfinished = target.with_suffix(".unfinished")
            make(unfinished)
            os.replace(unfinished, target)
    return target


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    archive.addfile(entry, io.BytesIO(content))


def _file_name(reference: str) -> str:
    return reference.replace("/", "_").replace(":", "_")
