"""Copy-up: an empty volume gets what the image has where the volume will be mounted.

The copy is made beside the volume and becomes complete by one rename; then its entries move in. A kill in the middle
leaves either an unfinished copy, which is thrown away, or a finished one, which `finish` moves in at the next start:
a container never sees half of it.

    <volume>/copy-up.partial   being written        <volume>/copy-up   complete, being moved into <volume>/_data
"""

import os
import stat

from dockyard.errors import SystemFailure
from dockyard.fs.paths import display
from dockyard.fs.rooted import Steps, remove_tree
from dockyard.store.graphdriver.copy import copy_view
from dockyard.store.graphdriver.view import View

_PARTIAL = "copy-up.partial"
_COMPLETE = "copy-up"
DATA = "_data"


def copy_up(volume: str, view: View, source: Steps) -> bool:
    """Copy the directory `source` of `view` into the volume's directory; True when there was something to copy.

    Owner and mode of the directory itself are taken over too. Nothing happens when the volume isn't empty, or the
    image has no such directory. Raises SystemFailure when the disk refuses; the volume is then as before.
    """
    data = f"{volume}/{DATA}"
    resolved = view.resolve(source)
    if resolved is None or os.listdir(data):
        return False
    status = view.status(resolved)
    if status is None or not stat.S_ISDIR(status.st_mode):
        return False
    partial = f"{volume}/{_PARTIAL}"
    try:
        remove_tree(partial)
        os.mkdir(partial, 0o700)
        copy_view(view, resolved, partial)
        os.chown(partial, status.st_uid, status.st_gid)
        os.chmod(partial, stat.S_IMODE(status.st_mode))
        os.rename(partial, f"{volume}/{_COMPLETE}")
    except OSError as error:
        remove_tree(partial)
        raise _not_populated(resolved, error) from error
    finish(volume)
    return True


def copy_into(mounted: str, view: View, source: Steps) -> bool:
    """As `copy_up`, into the root directory of a file system of its own, where a copy can't be put aside first.

    A kill in the middle leaves a part, as with Docker.
    """
    resolved = view.resolve(source)
    try:
        if resolved is None or os.listdir(mounted):
            return False
        status = view.status(resolved)
        if status is None or not stat.S_ISDIR(status.st_mode):
            return False
        copy_view(view, resolved, mounted)
        os.chown(mounted, status.st_uid, status.st_gid)
        os.chmod(mounted, stat.S_IMODE(status.st_mode))
    except OSError as error:
        raise _not_populated(source, error) from error
    return True


def _not_populated(source: Steps, error: OSError) -> SystemFailure:
    place = display(b"/".join(source))
    return SystemFailure(f"error while populating volume from /{place}: {(error.strerror or '').lower()}")


def finish(volume: str) -> None:
    """Carry a copy-up that was interrupted to its end, or throw it away when it wasn't complete. Repeatable."""
    remove_tree(f"{volume}/{_PARTIAL}")
    complete, data = f"{volume}/{_COMPLETE}", f"{volume}/{DATA}"
    try:
        names = os.listdir(complete)
    except FileNotFoundError:
        return
    for name in names:
        if not os.path.lexists(f"{data}/{name}"):
            os.rename(f"{complete}/{name}", f"{data}/{name}")
    status = os.stat(complete)
    os.chown(data, status.st_uid, status.st_gid)
    os.chmod(data, stat.S_IMODE(status.st_mode))
    remove_tree(complete)
