"""Finding and making places inside a root whose content is hostile.

Every look-up is done by the kernel with the root as `/` (openat2, RESOLVE_IN_ROOT): symbolic links of the image lead to
places in the image. What is made is made one component at a time below a descriptor.
"""

import errno
import os
import stat
from contextlib import suppress

from dockyard.errors import SystemFailure
from dockyard.linux.libc import reason
from dockyard.linux.open_beneath import RESOLVE_IN_ROOT, RESOLVE_NO_MAGICLINKS, RESOLVE_NO_SYMLINKS, in_root, open_at

_MOST_LINKS = 40
"""As many symbolic links as the kernel follows in one path: path_resolution(7)."""


def find(root: int, path: str) -> int | None:
    """An O_PATH descriptor of what is at `path` in `root`, or None when there is nothing. SystemFailure otherwise."""
    try:
        return in_root(root, path)
    except FileNotFoundError:
        return None
    except NotADirectoryError:
        return None
    except OSError as error:
        raise SystemFailure(f"open {path} in the container's root: {reason(error)}") from error


def find_without_links(root: int, path: str) -> int:
    """As `find`, for what must be exactly there: a symbolic link on the way is an OSError (ELOOP)."""
    return open_at(root, path, os.O_PATH, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS)


def make_directory(root: int, path: str, mode: int = 0o755) -> int:
    """An O_PATH descriptor of the directory `path` in `root`; what is missing is made with `mode`. SystemFailure."""
    try:
        return in_root(root, path, os.O_PATH | os.O_DIRECTORY)
    except FileNotFoundError:
        pass
    except OSError as error:
        raise SystemFailure(f"mkdir {path} in the container's root: {reason(error)}") from error
    try:
        return _make(root, path, mode)
    except OSError as error:
        raise SystemFailure(f"mkdir {path} in the container's root: {reason(error)}") from error


def _make(root: int, path: str, mode: int) -> int:
    """Walk from the top, making what is missing; a link to something missing makes what it names."""
    done: list[str] = []
    pending = _components(path)[::-1]
    links = 0
    here = in_root(root, ".", os.O_PATH | os.O_DIRECTORY)
    try:
        while pending:
            name = pending.pop()
            if name == "..":
                del done[-1:]
            else:
                try:
                    os.mkdir(name, mode, dir_fd=here)
                except FileExistsError:
                    target = _link(name, here)
                    if target is not None:
                        links += 1
                        if links > _MOST_LINKS:
                            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP)) from None
                        pending += _components(target)[::-1]
                        if target.startswith("/"):
                            done = []
                    else:
                        done.append(name)
                else:
                    done.append(name)
            os.close(here)
            here = -1
            here = in_root(root, "/".join(done), os.O_PATH | os.O_DIRECTORY)
    except BaseException:
        if here >= 0:
            os.close(here)
        raise
    return here


def _components(path: str) -> list[str]:
    return [part for part in path.split("/") if part not in ("", ".")]


def _link(name: str, directory: int) -> str | None:
    """Where the symbolic link `name` in `directory` leads, or None when it isn't one."""
    try:
        return os.readlink(name, dir_fd=directory)
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
        return None


def make_file(root: int, path: str, mode: int = 0o644, links: int = 0) -> int:
    """An O_PATH descriptor of what is at `path` in `root`; an empty file is made when there is nothing.

    `links` counts the symbolic links to missing things that were followed so far. SystemFailure.
    """
    if links > _MOST_LINKS:
        raise SystemFailure(f"create {path} in the container's root: {os.strerror(errno.ELOOP).lower()}")
    found = find(root, path)
    if found is not None:
        return found
    parent, name = os.path.split(path.rstrip("/"))
    directory = make_directory(root, parent)
    try:
        target = None
        try:
            made = os.open(
                name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, mode, dir_fd=directory
            )
            os.close(made)
        except FileExistsError:
            target = _link(name, directory)  # a link to something missing
        except OSError as error:
            raise SystemFailure(f"create {path} in the container's root: {reason(error)}") from error
    finally:
        os.close(directory)
    if target is not None:
        return make_file(root, target if target.startswith("/") else f"{parent}/{target}", mode, links + 1)
    found = find(root, path)
    if found is None:
        raise SystemFailure(f"create {path} in the container's root: it vanished at once")
    return found


def make_file_in(root: int, directory: str, name: str, mode: int) -> int:
    """An O_PATH descriptor of `name` right in `directory` of `root`; an empty file is made when there is nothing.

    SystemFailure also when it is a symbolic link.
    """
    parent = make_directory(root, directory)
    try:
        with suppress(FileExistsError):
            os.close(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode, dir_fd=parent))
        place = os.open(name, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=parent)
    except OSError as error:
        raise SystemFailure(f"create {directory}/{name} in the container's root: {reason(error)}") from error
    finally:
        os.close(parent)
    if stat.S_ISLNK(os.fstat(place).st_mode):
        os.close(place)
        raise SystemFailure(f"{directory}/{name} in the container's root is a symbolic link")
    return place


def is_directory(place: int) -> bool:
    """Whether the descriptor is a directory."""
    return stat.S_ISDIR(os.fstat(place).st_mode)
