"""Images: configurations by id, names for them, and the rules by which both go away. store.py is the way in."""

from dockyard.store.images.references import ReferenceStore
from dockyard.store.images.remove import ContainerUse, Removed, RemovedKind
from dockyard.store.images.store import ImageStore, StoredImage

__all__ = ["ContainerUse", "ImageStore", "ReferenceStore", "Removed", "RemovedKind", "StoredImage"]
