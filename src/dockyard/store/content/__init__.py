"""Blobs by digest, kept as they came. The contract is in contract.py, the implementation on local disk in local.py."""

from dockyard.store.content.contract import Blob, BlobWriter, Content
from dockyard.store.content.local import ContentStore

__all__ = ["Blob", "BlobWriter", "Content", "ContentStore"]
