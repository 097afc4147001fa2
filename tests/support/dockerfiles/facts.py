"""What an image is made of, as JSON that can be compared: configuration, history, and the files above its base."""

import hashlib
import json
import tarfile
from pathlib import Path
from typing import Any

from tests.support.client import Docker
from tests.support.dockerfiles.context import TIME

_CONFIG = (
    "Cmd", "Entrypoint", "Env", "ExposedPorts", "Healthcheck", "Labels", "OnBuild", "Shell", "StopSignal", "User",
    "Volumes", "WorkingDir",
)  # fmt: skip
_STUBS = ("etc", "dev", "proc", "sys")


def image_facts(docker: Docker, image: str, scratch: Path) -> dict[str, Any]:
    """Configuration, history and files of `image`. `scratch`: a folder that may be written to."""
    path = scratch / "image.tar"
    docker("save", "-o", str(path), image, timeout_seconds=120)
    with tarfile.open(path) as archive:
        (manifest,) = json.loads(_read(archive, "manifest.json"))
        config = json.loads(_read(archive, manifest["Config"]))
        base = json.loads(docker("image", "inspect", "busybox"))[0]["RootFS"]["Layers"]
        layers = config["rootfs"].get("diff_ids") or []
        shared = len(base) if layers[: len(base)] == base else 0
        files: dict[str, Any] = {}
        for name in (manifest["Layers"] or [])[shared:]:
            with tarfile.open(fileobj=archive.extractfile(name)) as layer:
                apply_layer(files, layer)
    path.unlink()
    history = [
        {"by": entry.get("created_by", ""), "empty": entry.get("empty_layer", False)}
        for entry in config.get("history") or []
    ]
    return {
        "config": {key: config["config"][key] for key in _CONFIG if config["config"].get(key)},
        "author": config.get("author", ""),
        "history": history[1:] if shared else history,
        "layers": len(layers) - shared,
        "files": dict(sorted(files.items())),
    }


def without_stubs(files: dict[str, Any]) -> dict[str, Any]:
    """BuildKit leaves the directories of what it mounts in layers."""
    return {
        name: what
        for name, what in files.items()
        if name not in _STUBS or any(other.startswith(f"{name}/") for other in files)
    }


def _read(archive: tarfile.TarFile, name: str) -> bytes:
    file = archive.extractfile(name)
    assert file is not None
    return file.read()


def apply_layer(files: dict[str, Any], archive: tarfile.TarFile) -> None:
    """Put a layer's files on top of `files`, each described by a text."""
    for member in archive:
        name = member.name.strip("/")
        parent, _, leaf = name.rpartition("/")
        if leaf.startswith(".wh."):
            gone = f"{parent}/{leaf[4:]}".strip("/")
            files[gone] = "removed"
            for below in [one for one in files if one.startswith(f"{gone}/")]:
                del files[below]
        elif name:
            files[name] = _described(files, archive, member)


def _described(files: dict[str, Any], archive: tarfile.TarFile, member: tarfile.TarInfo) -> str:
    if member.islnk():
        return str(files.get(member.linkname.strip("/"), "?"))
    kind = "d" if member.isdir() else "l" if member.issym() else "-" if member.isreg() else member.type.decode()
    content = member.linkname if member.issym() else ""
    if member.isreg():
        data = archive.extractfile(member)
        assert data is not None
        content = hashlib.sha256(data.read()).hexdigest()[:12]
    time = "" if abs(member.mtime - TIME) > 100_000 else f" {int(member.mtime) - TIME:+d}s"
    return f"{kind}{member.mode & 0o7777:04o} {member.uid}:{member.gid}{time} {content}".rstrip()
