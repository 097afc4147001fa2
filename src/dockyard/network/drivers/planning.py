"""What a driver says of a network before it is made. Pure.

The other half of a driver, what happens in the kernel, is `contract`.
"""

from collections.abc import Sequence
from typing import Protocol

from dockyard.network.host_view import HostView
from dockyard.network.networks import NetworkRecord


class Planner(Protocol):
    """The part of a driver that decides."""

    def check(self, record: NetworkRecord) -> None:
        """Refuse options and subnets that the driver can't have; addresses aren't chosen yet.

        Raises:
            InvalidParameter, Forbidden, NotImplementedYet: in Docker's words where Docker has some.
        """
        ...

    def wants_gateway(self, record: NetworkRecord, version: int) -> bool:
        """Whether a gateway of that IP version is chosen where the user names none."""
        ...

    def complete(self, record: NetworkRecord, host: HostView, others: Sequence[NetworkRecord]) -> NetworkRecord:
        """The record with its link.

        Raises:
            InvalidParameter, Forbidden, Conflict: the link can't be had.
        """
        ...
