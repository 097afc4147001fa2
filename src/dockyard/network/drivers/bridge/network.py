"""A bridge network: addresses, host ports, endpoint and firewall put together, all or nothing.

Order of `attach`: what can fail for the user's reasons first (address, ports), the kernel's work next, publication
last, so that nobody reaches a container that is half connected.
"""

import logging
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import replace
from functools import partial
from typing import Final

from dockyard.errors import Conflict, DockyardError, SystemFailure
from dockyard.linux.netlink import link
from dockyard.linux.netlink.socket import NetlinkSocket
from dockyard.network.attachment import Attachment, AttachRequest, NetworkInfo, PortRequest, PublishedPort
from dockyard.network.drivers.bridge.endpoint import is_host_interface, new_host_interface, plug, replug
from dockyard.network.drivers.bridge.link import bridges_of_docker, ensure_bridge
from dockyard.network.drivers.bridge.parameters import (
    allow_loopback_addresses,
    answer_for_ports_apart,
    refuse_router_advertisements,
    switch_on_forwarding,
    switch_on_ipv6_forwarding,
)
from dockyard.network.drivers.bridge.publishing import divide
from dockyard.network.drivers.bridge.reaper import Reaper
from dockyard.network.drivers.bridge.settings import BridgeSettings
from dockyard.network.drivers.info import info_of
from dockyard.network.firewall.table import FirewallTable
from dockyard.network.host_view import find_link
from dockyard.network.ipam.mac import mac_of, parse_mac
from dockyard.network.ipam.pair import AddressPair
from dockyard.network.networks import NetworkRecord
from dockyard.network.portmap.host_ports import HostPorts
from dockyard.network.sandbox.sandboxes import Sandbox

_log: Final = logging.getLogger(__name__)


class BridgeNetwork:
    """One bridge network of this engine; see `drivers.contract.Network`."""

    uses_sandbox = True

    def __init__(
        self,
        record: NetworkRecord,
        settings: BridgeSettings,
        *,
        rtnl: Callable[[], NetlinkSocket],
        firewall: FirewallTable | None,
        ports: HostPorts,
        ip_forward: bool,
    ) -> None:
        """Nothing happens in the kernel before `start`.

        Args:
            record: id and name.
            settings: what the bridge shall be.
            rtnl: opens a route socket in the host's namespace.
            firewall: the bridge's table; None where rules are switched off.
            ports: the engine's host ports, shared by all its networks.
            ip_forward: switch forwarding on.
        """
        self._record = record
        self._settings = settings
        self._rtnl = rtnl()
        self._reaper = Reaper(rtnl)
        self._firewall = firewall
        self._ports = ports
        self._ip_forward = ip_forward
        self._addresses = AddressPair([(one.subnet, one.within, one.reserved) for one in settings.families])
        self._attached: dict[str, Attachment] = {}
        self._missed: set[str] = set()
        self._bridge_index = 0

    @property
    def record(self) -> NetworkRecord:
        """See `Network.record`."""
        return self._record

    @property
    def interface_prefix(self) -> str:
        """See `Network.interface_prefix`."""
        return self._settings.interface_prefix

    def start(self, attachments: Sequence[Attachment]) -> None:
        """See `Network.start`."""
        for attachment in attachments:
            self._restore(attachment)
        if self._firewall is not None:
            self._firewall.remember(attachments)
        self.reassert()

    def attach(self, request: AttachRequest, interface: str, sandbox: Sandbox | None) -> Attachment:
        """See `Network.attach`."""
        if sandbox is None:
            raise SystemFailure(f"network {self._record.name} needs the sandbox opened")
        wanted_mac = parse_mac(request.mac) if request.mac else None
        ipv4, ipv6 = self._settings.ipv4, self._settings.ipv6
        with ExitStack() as undo:
            taken = self._addresses.take(request.ipv4, request.ipv6, without_ipv6=request.without_ipv6)
            undo.callback(self._addresses.release, taken.ipv4, taken.ipv6)
            place = f"{request.container_name} ({request.endpoint_id})"
            published = self._publish(request.ports, taken.ipv4 or taken.ipv6, place)
            undo.callback(self._ports.release, published)
            attachment = Attachment(
                container_id=request.container_id,
                container_name=request.container_name,
                sandbox_id=request.sandbox_id,
                endpoint_id=request.endpoint_id,
                network=self._record.name,
                network_id=self._record.id,
                driver=self._record.driver,
                interface=interface,
                host_interface=new_host_interface(),
                mac=wanted_mac or mac_of(taken.ipv4),
                ipv4=taken.ipv4,
                prefix_length=taken.prefix_length,
                gateway=ipv4.gateway if ipv4 is not None else "",
                ports=published,
                ipv6=taken.ipv6,
                ipv6_prefix_length=taken.ipv6_prefix_length,
                ipv6_gateway=ipv6.gateway if ipv6 is not None and taken.ipv6 else "",
                dns_names=request.dns_names,
                links=request.links,
                linked=request.linked,
                gw_priority=request.gw_priority,
                internal=self._settings.internal,
                driver_opts=request.driver_opts,
                link_local=request.link_local,
            )
            self._plug(sandbox, attachment)
            undo.callback(self._reaper.remove, attachment.host_interface, 0.0)
            if self._firewall is not None:
                self._firewall.publish(attachment)
            self._attached[attachment.endpoint_id] = attachment
            undo.pop_all()
        return attachment

    def republish(
        self, attachment: Attachment, removed: Sequence[PublishedPort], requests: Sequence[PortRequest]
    ) -> Attachment:
        """See `Network.republish`."""
        if self._settings.internal:
            raise Conflict(f"network {self._record.name} is internal: it publishes no ports")
        container_ip = attachment.ipv4 or attachment.ipv6
        with ExitStack() as undo:
            self._ports.release(removed)  # first, because one of the requests may want the same port
            undo.callback(self._ports.restore, removed, container_ip, released=True)
            place = f"{attachment.container_name} ({attachment.endpoint_id})"
            added = self._publish(requests, container_ip, place)
            undo.callback(self._ports.release, added)
            after = replace(attachment, ports=(*(one for one in attachment.ports if one not in removed), *added))
            if self._firewall is not None:
                self._firewall.change(attachment, after)
            self._attached[after.endpoint_id] = after
            undo.pop_all()
        return after

    def detach(self, attachment: Attachment) -> None:
        """See `Network.detach`."""
        if self._attached.pop(attachment.endpoint_id, None) is None:
            return
        self._missed.discard(attachment.endpoint_id)
        try:
            if self._firewall is not None:
                self._firewall.withdraw(attachment)
        finally:
            self._ports.release(attachment.ports)
            self._reaper.remove(attachment.host_interface)
            # Free at once, although the link may live for a moment: the next one to get the address is made known to
            # the bridge by `neighbor.place`, so that the old link hears nothing any more.
            self._addresses.release(attachment.ipv4, attachment.ipv6)

    def reassert(self) -> None:
        """See `Network.reassert`."""
        bridge = ensure_bridge(self._rtnl, self._settings)
        self._bridge_index = bridge.link_index
        refuse_router_advertisements(self._settings.link)
        try:
            links = [link.parse(message) for message in self._rtnl.dump(link.get_all())]
        except OSError as error:
            raise SystemFailure(f"read the host's links: {error}") from error
        by_name = {entry.name: entry for entry in links}
        for attachment in self._attached.values():
            port = by_name.get(attachment.host_interface)
            if port is None:
                if attachment.endpoint_id not in self._missed:  # say it once: this is called again and again
                    self._missed.add(attachment.endpoint_id)
                    _log.warning("link %s of container %s is gone", attachment.host_interface, attachment.container_id)
                continue
            with suppress(OSError):  # the container is ending just now
                replug(self._rtnl, self._bridge_index, self._settings, port, attachment)
        self._drop_orphans(links)
        firewall = self._firewall
        if self._ip_forward and not self._settings.internal:
            switch_on_forwarding(firewall.guard_forwarding if firewall is not None else None)
            if self._settings.ipv6 is not None:
                switch_on_ipv6_forwarding(partial(firewall.guard_forwarding, "ip6") if firewall is not None else None)
        if firewall is not None:
            firewall.keep_from(bridges_of_docker(links))
            firewall.mend()
            allow_loopback_addresses(self._settings.link)
            if not self._settings.icc:
                answer_for_ports_apart(self._settings.link)

    def owns_link(self, name: str) -> bool:
        """See `Network.owns_link`."""
        return name == self._settings.link

    def owns_table(self, name: str) -> bool:
        """See `Network.owns_table`."""
        return self._firewall is not None and self._firewall.owns(name)

    def info(self, attachments: Sequence[Attachment]) -> NetworkInfo:
        """See `Network.info`."""
        info = info_of(self._record, attachments, self._addresses.usage)
        settings = self._settings
        if not settings.default:
            return info
        blocks = tuple(one.block for one in settings.families)
        return replace(info, enable_ipv6=settings.ipv6 is not None, subnets=blocks, options=settings.options)

    def remove(self) -> None:
        """See `Network.remove`."""
        self._reaper.close()
        try:
            self._remove()
        finally:
            self._rtnl.close()

    def close(self) -> None:
        """See `Network.close`. With nobody attached, a bridge of ours goes, and its tables, until the next start."""
        self._reaper.close()
        try:
            if not self._attached and self._settings.owned:
                self._remove()
        finally:
            self._rtnl.close()

    def _publish(self, requests: Sequence[PortRequest], container_ip: str, endpoint: str) -> tuple[PublishedPort, ...]:
        if self._settings.internal:
            return ()
        try:
            needed, opened = divide(requests, self._settings)
            return (*self._ports.take(needed, container_ip), *opened)
        except DockyardError as error:
            raise type(error)(
                f"driver failed programming external connectivity on endpoint {endpoint}: {error}"
            ) from error

    def _plug(self, sandbox: Sandbox, attachment: Attachment) -> None:
        try:
            plug(self._rtnl, self._bridge_index, self._settings, sandbox, attachment)
        except SystemFailure:
            if find_link(self._rtnl, self._settings.link) is not None:
                raise
            self.reassert()  # somebody deleted the bridge under us
            plug(self._rtnl, self._bridge_index, self._settings, sandbox, attachment)

    def _restore(self, attachment: Attachment) -> None:
        try:
            self._addresses.take(attachment.ipv4 or None, attachment.ipv6 or None)
        except DockyardError as error:
            _log.warning("addresses of container %s: %s", attachment.container_id, error)
        for complaint in self._ports.restore(attachment.ports, attachment.ipv4 or attachment.ipv6):
            _log.warning("port of container %s can't be reserved: %s", attachment.container_id, complaint)
        self._attached[attachment.endpoint_id] = attachment

    def _drop_orphans(self, links: Sequence[link.Link]) -> None:
        known = {attachment.host_interface for attachment in self._attached.values()}
        for entry in links:
            if entry.master == self._bridge_index and is_host_interface(entry.name) and entry.name not in known:
                self._reaper.remove(entry.name, 0.0)

    def _remove(self) -> None:
        if self._firewall is not None:
            self._firewall.remove()
        if not self._settings.owned:
            return
        with suppress(OSError):
            bridge = find_link(self._rtnl, self._settings.link)
            if bridge is not None and bridge.alias == self._settings.alias:
                self._rtnl.transact(link.delete(bridge.link_index))
