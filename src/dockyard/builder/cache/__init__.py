"""What earlier builds made and later ones may use: layers by what made them, and cache mounts by name."""

from dockyard.builder.cache.records import BuildCache, Record

__all__ = ["BuildCache", "Record"]
