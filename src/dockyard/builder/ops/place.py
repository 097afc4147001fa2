"""Selected files onto a canvas: contents, links, devices, owners, modes, attributes, times."""

import contextlib
import os
import stat
from dataclasses import dataclass

from dockyard.builder.files import FileReader, Status
from dockyard.builder.ops.canvas import Canvas
from dockyard.builder.ops.mode import changed_mode
from dockyard.builder.ops.select import Found
from dockyard.errors import InvalidParameter
from dockyard.fs.paths import display
from dockyard.fs.rooted import Steps


@dataclass(frozen=True, slots=True)
class Attributes:
    """What becomes of owners and modes: None keeps the source's. `chmod` is empty to keep modes."""

    uid: int | None
    gid: int | None
    chmod: str = ""
    times_target: bool = False
    """Whether a directory that another one's content goes into gets that one's time."""

    @property
    def made_mode(self) -> int:
        """Permission bits of directories that are made on the way."""
        return int(self.chmod, 8) if self.chmod.isdigit() else 0o755

    def owner(self, status: Status) -> tuple[int, int]:
        """Of what `status` describes."""
        return (
            status.st_uid if self.uid is None else self.uid,
            status.st_gid if self.gid is None else self.gid,
        )

    def mode(self, status: Status) -> int:
        """Permission bits of what `status` describes."""
        if not self.chmod:
            return stat.S_IMODE(status.st_mode)
        return changed_mode(self.chmod, status.st_mode, directory=stat.S_ISDIR(status.st_mode))


def place(canvas: Canvas, reader: FileReader, found: Found, target: Steps, attributes: Attributes) -> None:
    """Put `found` at `target`: a directory's content into it, anything else as it. Raises OSError, InvalidParameter."""
    owner = (attributes.uid or 0, attributes.gid or 0)
    times: list[tuple[Steps, int]] = []
    linked: dict[tuple[int, int], Steps] = {}
    base = target[: len(target) - len(found.relative)]
    for _, relative, status in found.above:
        steps = canvas.resolve((*base, *relative))
        canvas.describe(steps, *attributes.owner(status), attributes.mode(status))
        times.append((steps, status.st_mtime_ns))
    if target:
        canvas.enter(target[:-1], *owner, mode=attributes.made_mode)
    if not found.is_directory:
        _entry(canvas, reader, found.steps, found.status, target, attributes)
    else:
        there = canvas.status(target)
        if there is not None and not stat.S_ISDIR(there.st_mode) and not found.relative:
            raise InvalidParameter(f"cannot copy to non-directory: /{display(b'/'.join(target))}")
        canvas.enter(target, *owner, mode=attributes.made_mode)
        if found.relative:
            canvas.describe(target, *attributes.owner(found.status), attributes.mode(found.status))
        if attributes.times_target and target:
            times.append((target, found.status.st_mtime_ns))
        for steps, relative, status in found.entries:
            at = (*target, *relative)
            if stat.S_ISDIR(status.st_mode):
                canvas.describe(at, *attributes.owner(status), attributes.mode(status))
                if relative not in found.implied:
                    times.append((at, status.st_mtime_ns))
            elif stat.S_ISREG(status.st_mode) and status.st_nlink > 1:
                first = linked.setdefault((status.st_dev, status.st_ino), at)
                if first is at or not canvas.link(first, at):
                    _entry(canvas, reader, steps, status, at, attributes)
            else:
                _entry(canvas, reader, steps, status, at, attributes)
    for steps, mtime in reversed(times):  # last: making files in a directory changes its time
        with contextlib.suppress(FileNotFoundError):
            os.utime(canvas.enter(steps), ns=(mtime, mtime))


def _entry(canvas: Canvas, reader: FileReader, steps: Steps, status: Status, at: Steps, attributes: Attributes) -> None:
    uid, gid = attributes.owner(status)
    mtime = status.st_mtime_ns
    if stat.S_ISREG(status.st_mode):
        _file(canvas, reader, steps, status, at, attributes)
        return
    parent, name = canvas.room(at, attributes.uid or 0, attributes.gid or 0), at[-1]
    if stat.S_ISLNK(status.st_mode):
        os.symlink(reader.readlink(steps), name, dir_fd=parent)
        os.chown(name, uid, gid, dir_fd=parent, follow_symlinks=False)
    else:
        os.mknod(name, stat.S_IFMT(status.st_mode) | 0o600, status.st_rdev, dir_fd=parent)
        os.chown(name, uid, gid, dir_fd=parent, follow_symlinks=False)
        os.chmod(name, attributes.mode(status), dir_fd=parent)
    os.utime(name, ns=(mtime, mtime), dir_fd=parent, follow_symlinks=False)


def _file(canvas: Canvas, reader: FileReader, steps: Steps, status: Status, at: Steps, attributes: Attributes) -> None:
    made = canvas.new_file(at, attributes.uid or 0, attributes.gid or 0)
    try:
        reader.copy(steps, made)
        os.fchown(made, *attributes.owner(status))
        os.fchmod(made, attributes.mode(status))
        for key, value in reader.xattrs(steps).items():
            os.setxattr(made, key, value)
        os.utime(made, ns=(status.st_mtime_ns, status.st_mtime_ns))
    finally:
        os.close(made)
