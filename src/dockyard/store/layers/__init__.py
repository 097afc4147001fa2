"""Layers: what images are stacked of, and the writable ones of containers. store.py is the way in."""

from dockyard.store.layers.layer import Layer, RwLayer
from dockyard.store.layers.store import LayerStore

__all__ = ["Layer", "LayerStore", "RwLayer"]
