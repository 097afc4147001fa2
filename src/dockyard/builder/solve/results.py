"""What a vertex comes to."""

from dataclasses import dataclass

from dockyard.store.graphdriver.view import View


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Layers: the uppermost one's chain id, None for nothing at all."""

    chain_id: str | None
    label: str = ""
    """What a transfer moved, as history tells it: `file:…`, `dir:…` or `multi:…`."""
    container_id: str = ""
    """The container that ran a command, "" when none did."""


@dataclass(frozen=True, slots=True)
class Tree:
    """A directory on this machine that nobody changes. `digest` says what is in it, "" when that isn't known."""

    path: str
    digest: str = ""

    def view(self) -> View:
        """Its files."""
        return View([self.path])


Result = Snapshot | Tree
