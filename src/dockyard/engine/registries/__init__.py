"""What the engine does with registries: pull, login, a look at what is there, search."""

from dockyard.engine.registries.registries import Registries

__all__ = ["Registries"]
