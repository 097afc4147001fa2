"""Volumes: what the doors can do with them, the drivers that provide them, and which containers use them now."""

from dockyard.engine.volumes.volumes import Volumes, VolumeUsage

__all__ = ["VolumeUsage", "Volumes"]
