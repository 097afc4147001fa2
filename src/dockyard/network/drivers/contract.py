"""What every driver offers.

Vocabulary: a *network* has an id and a driver; a *sandbox* is the network namespace of a container; an *endpoint*
joins a sandbox to a network, and what it came to is an *attachment*, a frozen value that the engine keeps on disk.

Life of a network in a daemon: made (nothing happens) → `start` with the attachments of living containers → any number
of `attach` and `detach` → `close`. The kernel's side outlives the daemon; `start` finds it and makes it right again.

All calls come one at a time, under the controller's lock.
"""

from collections.abc import Sequence
from typing import Protocol

from dockyard.network.attachment import Attachment, AttachRequest, NetworkInfo, PortRequest, PublishedPort
from dockyard.network.networks import NetworkRecord
from dockyard.network.sandbox.sandboxes import Sandbox


class Network(Protocol):
    """One network, with the behaviour of its driver."""

    @property
    def record(self) -> NetworkRecord:
        """Id, name, driver."""
        ...

    @property
    def uses_sandbox(self) -> bool:
        """Whether `attach` needs the sandbox opened."""
        ...

    @property
    def interface_prefix(self) -> str:
        """How links inside of containers are called: "eth" makes eth0, eth1."""
        ...

    def start(self, attachments: Sequence[Attachment]) -> None:
        """Make the kernel's side what it should be, with `attachments` as they were given out before.

        A repeat after `start` is `reassert`. What the kernel has of this network and nobody knows is removed.

        Raises:
            DockyardError: the network can't work.
        """
        ...

    def attach(self, request: AttachRequest, interface: str, sandbox: Sandbox | None) -> Attachment:
        """Give a sandbox an endpoint. All or nothing.

        Args:
            request: what is wanted.
            interface: name for the link inside, one that the sandbox doesn't have yet.
            sandbox: open, or None if `uses_sandbox` is false.

        Raises:
            DockyardError: it can't be had; nothing is left behind.
        """
        ...

    def republish(
        self, attachment: Attachment, removed: Sequence[PublishedPort], requests: Sequence[PortRequest]
    ) -> Attachment:
        """Other published ports for an endpoint; what is in neither list goes on without a gap. All or nothing.

        Args:
            attachment: the endpoint as it is.
            removed: ports of it that are published no longer.
            requests: ports that are published from now on.

        Returns:
            The endpoint as it is then.

        Raises:
            Conflict: networks of this driver publish no ports.
            SystemFailure: a port can't be had; in Docker's words.
        """
        ...

    def detach(self, attachment: Attachment) -> None:
        """Undo `attach`; a repeat does nothing. Links may disappear a moment later."""
        ...

    def reassert(self) -> None:
        """Make right again what somebody else changed in the kernel: flushed rules, a lost link. Cheap otherwise."""
        ...

    def owns_link(self, name: str) -> bool:
        """Whether the loss of the host's link of that name is to be mended by `reassert`."""
        ...

    def owns_table(self, name: str) -> bool:
        """The same for a table of nftables."""
        ...

    def info(self, attachments: Sequence[Attachment]) -> NetworkInfo:
        """The network as it is shown."""
        ...

    def remove(self) -> None:
        """The network is removed, with nobody attached: what the kernel has of it goes, and what this process holds.

        Raises:
            SystemFailure: the firewall refuses.
        """
        ...

    def close(self) -> None:
        """The daemon ends: give back what this process holds, leave the kernel's side to living containers."""
        ...
