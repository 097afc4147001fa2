"""Images as the engine offers them: the store's operations, in threads, with events and the conflicts of containers."""

from dockyard.engine.images.chosen import EngineImage
from dockyard.engine.images.commitment import Commitment
from dockyard.engine.images.images import Images

__all__ = ["Commitment", "EngineImage", "Images"]
