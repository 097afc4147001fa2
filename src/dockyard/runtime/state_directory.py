"""The container's directory below the state root: made by create, removed by delete."""

import os

from dockyard.errors import AlreadyExists, SystemFailure
from dockyard.linux.libc import reason

MODE = 0o711


def make(state_root: str, container_id: str) -> str:
    """Make it; its path. AlreadyExists when the name is taken, SystemFailure."""
    path = f"{state_root}/{container_id}"
    try:
        os.makedirs(state_root, MODE, exist_ok=True)
        os.mkdir(path, MODE)
    except FileExistsError:
        raise AlreadyExists("container with given ID already exists") from None
    except OSError as error:
        raise SystemFailure(f"mkdir {path}: {reason(error)}") from error
    return path


def remove(path: str) -> None:
    """Remove it with the files in it; nothing when it is gone. SystemFailure."""
    try:
        with os.scandir(path) as entries:
            for entry in entries:
                os.unlink(entry.path)
        os.rmdir(path)
    except FileNotFoundError:
        return
    except OSError as error:
        raise SystemFailure(f"remove {path}: {reason(error)}") from error
