"""Mounts as descriptors: fsopen(2), fsconfig(2), fsmount(2), open_tree(2), move_mount(2), mount_setattr(2).

A mount is made detached, given its attributes, and then attached to a directory that is itself a descriptor; no path is
looked up twice, so nobody can put a symbolic link in between. Needs Linux 5.12.
"""

import ctypes
import os
from typing import Final

from dockyard.linux.libc import LONG, POINTER, STRING, encoded, system_call

AT_FDCWD: Final = -100
AT_EMPTY_PATH: Final = 0x1000
AT_SYMLINK_NOFOLLOW: Final = 0x100
AT_RECURSIVE: Final = 0x8000

OPEN_TREE_CLONE: Final = 1
MOVE_MOUNT_F_EMPTY_PATH: Final = 0x4
MOVE_MOUNT_T_EMPTY_PATH: Final = 0x40

MOUNT_ATTR_RDONLY: Final = 0x1
MOUNT_ATTR_NOSUID: Final = 0x2
MOUNT_ATTR_NODEV: Final = 0x4
MOUNT_ATTR_NOEXEC: Final = 0x8
MOUNT_ATTR_ATIME: Final = 0x70
"""Mask of the field that holds one of the three kinds of access time."""
MOUNT_ATTR_RELATIME: Final = 0x0
MOUNT_ATTR_NOATIME: Final = 0x10
MOUNT_ATTR_STRICTATIME: Final = 0x20
MOUNT_ATTR_NODIRATIME: Final = 0x80
MOUNT_ATTR_IDMAP: Final = 0x100000
MOUNT_ATTR_NOSYMFOLLOW: Final = 0x200000

_open_tree = system_call(428, LONG, STRING, LONG)
_move_mount = system_call(429, LONG, STRING, LONG, STRING, LONG)
_fsopen = system_call(430, STRING, LONG)
_fsconfig = system_call(431, LONG, LONG, STRING, STRING, LONG)
_fsmount = system_call(432, LONG, LONG, LONG)
_mount_setattr = system_call(442, LONG, STRING, LONG, POINTER, LONG)

_FSOPEN_CLOEXEC = _FSMOUNT_CLOEXEC = 1
_SET_FLAG, _SET_STRING, _CMD_CREATE = 0, 1, 6
_MESSAGE_BYTES = 1024


class _MountAttr(ctypes.Structure):
    """struct mount_attr of mount_setattr(2)."""

    _fields_ = (
        ("attr_set", ctypes.c_uint64),
        ("attr_clr", ctypes.c_uint64),
        ("propagation", ctypes.c_uint64),
        ("userns_fd", ctypes.c_uint64),
    )


def new_filesystem(fstype: str, options: tuple[str, ...] = (), source: str = "", attributes: int = 0) -> int:
    """A detached mount of a new file system `fstype`: its descriptor, close-on-exec.

    `options` are the file system's own, `key=value` or `flag`; `attributes` are MOUNT_ATTR_*. OSError carries what the
    file system said of a refused option.
    """
    context = _fsopen(encoded(fstype), _FSOPEN_CLOEXEC)
    try:
        if source:
            _fsconfig(context, _SET_STRING, b"source", encoded(source), 0)
        for option in options:
            key, has_value, value = option.partition("=")
            if has_value:
                _fsconfig(context, _SET_STRING, encoded(key), encoded(value), 0)
            else:
                _fsconfig(context, _SET_FLAG, encoded(key), None, 0)
        _fsconfig(context, _CMD_CREATE, None, None, 0)
        return _fsmount(context, _FSMOUNT_CLOEXEC, attributes)
    except OSError as error:
        if message := _message(context):
            raise OSError(error.errno, f"{error.strerror} ({message})") from None
        raise
    finally:
        os.close(context)


def _message(context: int) -> str:
    """What the file system has to say about its refusal; empty when nothing."""
    try:
        said = os.read(context, _MESSAGE_BYTES)
    except OSError:
        return ""
    return said.decode(errors="replace").removeprefix("e ").strip()


def clone_tree(directory: int, path: str = "", recursive: bool = False) -> int:
    """A detached copy of the mount at `path` below `directory` (empty: `directory` itself), `recursive` with all below.

    It is what mount --bind would attach. Symbolic links are followed, except when the path is empty.
    """
    flags = OPEN_TREE_CLONE | os.O_CLOEXEC | (AT_RECURSIVE if recursive else 0) | (0 if path else AT_EMPTY_PATH)
    return _open_tree(directory, encoded(path), flags)


def attach(tree: int, target: int) -> None:
    """Attach the detached mount `tree` on top of the file or directory that the descriptor `target` is."""
    flags = MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH
    _move_mount(tree, b"", target, b"", flags)


def set_attributes(
    mount: int,
    *,
    set_: int = 0,
    clear: int = 0,
    propagation: int = 0,
    user_namespace: int | None = None,
    recursive: bool = False,
) -> None:
    """Change the mount at the descriptor `mount`: MOUNT_ATTR_* to set and to clear, and MS_SHARED and the like.

    `user_namespace` (with MOUNT_ATTR_IDMAP in `set_`) is a descriptor; ids are mapped through it. Setting a kind of
    access time clears the other kinds. OSError as mount_setattr(2).
    """
    if set_ & MOUNT_ATTR_ATIME or clear & MOUNT_ATTR_ATIME:
        clear |= MOUNT_ATTR_ATIME
    record = _MountAttr(set_, clear, propagation, user_namespace or 0)
    flags = AT_EMPTY_PATH | (AT_RECURSIVE if recursive else 0)
    _mount_setattr(mount, b"", flags, ctypes.byref(record), ctypes.sizeof(record))
