"""An overlay network: a bridge network, whose bridge has a VXLAN link as one more port.

Addresses, ports, firewall and containers' links are the bridge's business (`drivers.bridge`), on each host of its own.
This is about what crosses hosts. The bridge has the same gateway address on several of them, each for its own
containers: nothing that asks for it, or in its name, leaves the host (`tunnel.ask_nobody`, `vxlan.set_port`).
"""

import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final

from dockyard.errors import SystemFailure
from dockyard.linux.netlink import link, neighbor
from dockyard.linux.netlink.socket import NetlinkSocket
from dockyard.network.attachment import (
    Attachment,
    AttachRequest,
    NetworkInfo,
    PortRequest,
    PublishedPort,
    RemoteEndpoint,
)
from dockyard.network.drivers.bridge.network import BridgeNetwork
from dockyard.network.drivers.overlay.gate import Gate
from dockyard.network.drivers.overlay.peers import Peers
from dockyard.network.drivers.overlay.tunnel import Tunnel, ask_nobody, ensure_tunnel, set_remote, set_tunnels
from dockyard.network.host_view import find_link
from dockyard.network.networks import NetworkRecord
from dockyard.network.sandbox.sandboxes import Sandbox

_log: Final = logging.getLogger(__name__)


class OverlayNetwork:
    """One overlay network of this engine; see `drivers.contract.Network`."""

    uses_sandbox = True

    def __init__(
        self,
        bridge: BridgeNetwork,
        tunnel: Tunnel,
        *,
        peers: Peers,
        gate: Gate | None,
        rtnl: Callable[[], NetlinkSocket],
    ) -> None:
        """Nothing happens in the kernel before `start`.

        Args:
            bridge: this host's part of the network.
            tunnel: what joins it to the others.
            peers: who they are.
            gate: keeps strangers out; None where rules are switched off.
            rtnl: opens a route socket in the host's namespace.
        """
        self._bridge = bridge
        self._tunnel = tunnel
        self._peers = peers
        self._gate = gate
        self._rtnl = rtnl()
        self._attached: dict[str, Attachment] = {}

    @property
    def record(self) -> NetworkRecord:
        """See `Network.record`."""
        return self._bridge.record

    @property
    def interface_prefix(self) -> str:
        """See `Network.interface_prefix`."""
        return self._bridge.interface_prefix

    def start(self, attachments: Sequence[Attachment]) -> None:
        """See `Network.start`."""
        self._attached = {attachment.endpoint_id: attachment for attachment in attachments}
        self._bridge.start(attachments)
        self._reassert()

    def attach(self, request: AttachRequest, interface: str, sandbox: Sandbox | None) -> Attachment:
        """See `Network.attach`."""
        if find_link(self._rtnl, self._tunnel.name) is None:
            self.reassert()  # it couldn't be made at the start; now it is, or it is said why not
        attachment = self._bridge.attach(request, interface, sandbox)
        try:
            self._know(attachment)
        except BaseException:
            self._bridge.detach(attachment)
            raise
        self._attached[attachment.endpoint_id] = attachment
        return attachment

    def republish(
        self, attachment: Attachment, removed: Sequence[PublishedPort], requests: Sequence[PortRequest]
    ) -> Attachment:
        """See `Network.republish`."""
        return self._bridge.republish(attachment, removed, requests)

    def detach(self, attachment: Attachment) -> None:
        """See `Network.detach`."""
        if self._attached.pop(attachment.endpoint_id, None) is None:
            return
        bridge = find_link(self._rtnl, self._tunnel.bridge)
        for address in (attachment.ipv4, attachment.ipv6):
            if bridge is not None and address:
                with suppress(OSError):
                    self._rtnl.transact(neighbor.forget(bridge.link_index, address))
        self._bridge.detach(attachment)

    def set_endpoints(self, endpoints: Sequence[RemoteEndpoint]) -> None:
        """Other containers on other hosts; frames go straight to them from now on. Repeatable.

        Raises:
            SystemFailure: the kernel refuses; a repeat goes on.
        """
        gone = [one for one in self._peers.endpoints if one not in endpoints]
        self._peers = Peers(self._peers.hosts, tuple(endpoints))
        self._reassert(gone)

    def reassert(self) -> None:
        """See `Network.reassert`."""
        self._bridge.reassert()
        self._reassert()

    def owns_link(self, name: str) -> bool:
        """See `Network.owns_link`."""
        return name == self._tunnel.name or self._bridge.owns_link(name)

    def owns_table(self, name: str) -> bool:
        """See `Network.owns_table`."""
        return self._bridge.owns_table(name) or (self._gate is not None and self._gate.owns(name))

    def info(self, attachments: Sequence[Attachment]) -> NetworkInfo:
        """See `Network.info`."""
        return self._bridge.info(attachments)

    def remove(self) -> None:
        """See `Network.remove`."""
        self._remove()
        self._bridge.remove()
        self._rtnl.close()

    def close(self) -> None:
        """See `Network.close`. With nobody attached, the link goes with its bridge, until the next start."""
        if not self._attached:
            self._remove()
        self._bridge.close()
        self._rtnl.close()

    def _reassert(self, gone: Sequence[RemoteEndpoint] = ()) -> None:
        """The link, its tables, and the gate before it."""
        if not self._tunnel.vxlan.local:
            raise SystemFailure("overlay networks need the daemon's option --overlay-address")
        if self._gate is not None:
            self._gate.admit(self._peers.senders)
        ask_nobody(self._tunnel.bridge)
        bridge = find_link(self._rtnl, self._tunnel.bridge)
        if bridge is None:
            raise SystemFailure(f"bridge {self._tunnel.bridge} is gone")
        index = ensure_tunnel(self._rtnl, self._tunnel, bridge.link_index)
        try:
            set_tunnels(self._rtnl, index, self._peers)
            set_remote(self._rtnl, bridge.link_index, index, gone, self._peers.endpoints)
        except OSError as error:
            raise SystemFailure(f"set up the VXLAN link {self._tunnel.name}: {error}") from error
        for attachment in self._attached.values():
            self._know(attachment)

    def _know(self, attachment: Attachment) -> None:
        """Have the host know a container of its own, because it asks nobody."""
        try:
            bridge = find_link(self._rtnl, self._tunnel.bridge)
            addresses = [one for one in (attachment.ipv4, attachment.ipv6) if one]
            if bridge is not None and addresses:
                self._rtnl.transact(*(neighbor.know(bridge.link_index, one, attachment.mac) for one in addresses))
        except OSError as error:
            raise SystemFailure(f"container {attachment.container_id} on {self._tunnel.bridge}: {error}") from error

    def _remove(self) -> None:
        if self._gate is not None:
            self._gate.remove()
        with suppress(OSError):
            found = find_link(self._rtnl, self._tunnel.name)
            if found is not None and found.alias == self._tunnel.alias:
                self._rtnl.transact(link.delete(found.link_index))
