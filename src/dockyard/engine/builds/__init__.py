"""Builds: the builder given an engine. `builds.py` is the way in."""

from dockyard.engine.builds.builds import Builds
from dockyard.engine.builds.request import BuildRequest

__all__ = ["BuildRequest", "Builds"]
