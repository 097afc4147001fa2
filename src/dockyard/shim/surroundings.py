"""What a shim that is awake has besides its container."""

from dockyard.linux.heap import give_back
from dockyard.shim.channels import Channels
from dockyard.shim.loop import Loop
from dockyard.shim.place import Place
from dockyard.shim.reaper import Reaper
from dockyard.shim.tidy import Tidy


class Surroundings:
    """The loop, daemons' connections, the reaper, and the place that all shims share."""

    def __init__(self, loop: Loop, channels: Channels, place: Place) -> None:
        self.loop = loop
        self.channels = channels
        self.place = place
        self.reaper = Reaper(loop)
        self.tidy = Tidy(loop, give_back)
