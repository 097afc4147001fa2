"""How layers become a container's root filesystem. contract.py says what a driver is; each driver is a package beside
it."""

from dockyard.store.graphdriver.contract import Change, ChangeKind, GraphDriver
from dockyard.store.graphdriver.overlay2.driver import Overlay2Driver
from dockyard.store.graphdriver.vfs.driver import VfsDriver

__all__ = ["Change", "ChangeKind", "GraphDriver", "Overlay2Driver", "VfsDriver"]
