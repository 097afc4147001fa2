"""Networks as older versions showed them."""

from dockyard.api.versions import Version
from dockyard.server.docker.compat.steps import Before, Document, apply, drop

CONTAINERS_IN_LISTS_UNTIL = (1, 28)


def _show_no_containers(document: Document) -> None:
    """Lists had the field long after they had stopped filling it."""
    document.setdefault("Containers", {})


NETWORK = (Before((1, 52), _show_no_containers), Before((1, 48), drop("EnableIPv4")))


def network(document: Document, version: Version) -> Document:
    """A network as `version` has it."""
    return apply(document, version, NETWORK)
