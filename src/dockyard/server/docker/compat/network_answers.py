"""Networks as older versions showed them."""

from dockyard.api.versions import Version
from dockyard.server.docker.compat.steps import Before, Document, apply, drop

CONTAINERS_IN_LISTS_UNTIL = (1, 28)
NETWORK = (Before((1, 48), drop("EnableIPv4")),)


def network(document: Document, version: Version) -> Document:
    """A network as `version` has it."""
    return apply(document, version, NETWORK)
