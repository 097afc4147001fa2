"""Volumes: directories that outlive containers. store.py is the way in."""

from dockyard.store.volumes.store import VolumeStore
from dockyard.store.volumes.volume import Volume

__all__ = ["Volume", "VolumeStore"]
