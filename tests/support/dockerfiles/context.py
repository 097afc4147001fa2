"""The context in which all cases are built: files of every kind, with known owners, modes and times."""

import gzip
import io
import os
import tarfile
from pathlib import Path

from backports import zstd

from tests.support.dockerfiles.cases import Case

TIME = 1_600_000_000
_TEXTS = {
    "a.txt": "a\n",
    "b.txt": "b\n",
    "c.md": "c\n",
    "dir/one.txt": "one\n",
    "dir/two.md": "two\n",
    "dir/sub/three.txt": "three\n",
    "dir/sub/deep/four.txt": "four\n",
    "dir/sub/deep/five.md": "five\n",
    "dir/.hidden": "hidden\n",
    "other/one.txt": "other one\n",
    "with space.txt": "space\n",
    "\u00fcml\u00e4ut.txt": "umlaut\n",
    "[brackets].txt": "brackets\n",
    "fake.tar.gz": "no archive\n",
    "run.sh": "#!/bin/sh\necho run\n",
    "private.txt": "private\n",
    "setuid": "setuid\n",
}
_MODES = {"run.sh": 0o755, "private.txt": 0o600, "setuid": 0o4755, "dir/sub": 0o750, "a.txt": 0o640}


def make_context(folder: Path, case: Case) -> Path:
    """The context of a case in the new folder `folder`."""
    folder.mkdir()
    for name, text in _TEXTS.items():
        _write(folder / name, text.encode())
    (folder / "empty").mkdir()
    (folder / "link").symlink_to("a.txt")
    (folder / "dangling").symlink_to("nowhere")
    (folder / "dirlink").symlink_to("dir")
    (folder / "dir/up").symlink_to("../a.txt")
    (folder / "outside").symlink_to("../../../../etc/hostname")
    os.link(folder / "a.txt", folder / "hard.txt")
    plain = _archive()
    for name, data in {
        "t.tar": plain,
        "t.tar.gz": gzip.compress(plain, mtime=0),
        "t.tar.xz": _packed("xz"),
        "t.tar.bz2": _packed("bz2"),
        "t.tar.zst": zstd.compress(plain),
        "text.gz": gzip.compress(b"only text\n", mtime=0),
    }.items():
        (folder / name).write_bytes(data)
    _write(folder / "Dockerfile", case.dockerfile.encode())
    for name, text in case.files.items():
        if not name.endswith("/"):
            _write(folder / name, text.encode())
    for name, mode in _MODES.items():
        os.chmod(folder / name, mode)
    for parent, directories, files in os.walk(folder, topdown=False):
        for name in (*files, *directories):
            path = os.path.join(parent, name)
            if not os.path.islink(path) and name not in _MODES and str(Path(path).relative_to(folder)) not in _MODES:
                os.chmod(path, 0o755 if os.path.isdir(path) else 0o644)
            os.utime(path, (TIME, TIME), follow_symlinks=False)
    return folder


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def _archive() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        _fill(archive)
    return buffer.getvalue()


def _packed(kind: str) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=f"w:{kind}", format=tarfile.PAX_FORMAT) as archive:  # type: ignore[call-overload]
        _fill(archive)
    return buffer.getvalue()


def _fill(archive: tarfile.TarFile) -> None:
    for name, kind, mode, owner in (
        ("packed", tarfile.DIRTYPE, 0o711, (7, 8)),
        ("packed/file", tarfile.REGTYPE, 0o640, (9, 10)),
        ("packed/link", tarfile.SYMTYPE, 0o777, (0, 0)),
        ("top", tarfile.REGTYPE, 0o4755, (0, 0)),
    ):
        info = tarfile.TarInfo(name)
        info.type, info.mode, info.mtime = kind, mode, TIME - 1000
        info.uid, info.gid = owner
        data = name.encode() if kind == tarfile.REGTYPE else b""
        info.size = len(data)
        info.linkname = "file" if kind == tarfile.SYMTYPE else ""
        archive.addfile(info, io.BytesIO(data))
