"""What the engine does with registries: pull, login, a look at what is there, search."""

from dockyard.engine.registries.registries import Registries, registry_of

__all__ = ["Registries", "registry_of"]
