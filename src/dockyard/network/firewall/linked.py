"""What links open between the containers of a network in which they don't reach each other otherwise.

A link names a container, and its address comes and goes with that: a port is open only while both are there. IPv4 only,
as with Docker. Pure.
"""

from dockyard.network.attachment import Attachment
from dockyard.network.firewall.rules import Link


class LinkedPorts:
    """The endpoints of one network, and what is open between them."""

    def __init__(self) -> None:
        self._attached: dict[str, Attachment] = {}
        self._told: tuple[Link, ...] = ()

    def add(self, attachment: Attachment) -> None:
        """The endpoint is there, as a client of its links and as a server of others'."""
        self._attached[attachment.endpoint_id] = attachment

    def discard(self, attachment: Attachment) -> None:
        """It isn't any more; one that is unknown is fine."""
        self._attached.pop(attachment.endpoint_id, None)

    def open(self) -> tuple[Link, ...]:
        """What is open now."""
        by_container = {one.container_id: one for one in self._attached.values()}
        found = []
        for client in self._attached.values():
            for container_id, protocol, port in client.linked:
                server = by_container.get(container_id)
                if server is None:
                    continue
                if client.ipv4 and server.ipv4:
                    found.append(Link(client.ipv4, server.ipv4, protocol, port))
        return tuple(dict.fromkeys(found))

    def changed(self) -> bool:
        """Whether something else is open than at the last call."""
        before, self._told = self._told, self.open()
        return before != self._told
