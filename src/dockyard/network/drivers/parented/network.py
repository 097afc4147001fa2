"""A network of macvlan or ipvlan: addresses, and a link straight in the sandbox. No ports, no rules of the firewall."""

import logging
import secrets
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from ipaddress import ip_address, ip_network
from typing import Final

from dockyard.errors import Conflict, DockyardError, InvalidParameter, SystemFailure
from dockyard.linux.netlink import sublink
from dockyard.linux.netlink.socket import NetlinkSocket
from dockyard.network.attachment import Attachment, AttachRequest, NetworkInfo, PortRequest, PublishedPort
from dockyard.network.drivers.bridge.link import remove_bridge
from dockyard.network.drivers.info import info_of
from dockyard.network.drivers.parented.options import IPVLAN, MACVLAN, parse_options
from dockyard.network.drivers.parented.parent import check_kernel, ensure_parent
from dockyard.network.ipam.mac import mac_of, parse_mac
from dockyard.network.ipam.pair import AddressPair
from dockyard.network.networks import NetworkRecord
from dockyard.network.sandbox.announce import announce
from dockyard.network.sandbox.interface import configure
from dockyard.network.sandbox.links import MARK, UNFINISHED, remove_link
from dockyard.network.sandbox.sandboxes import Sandbox

_log: Final = logging.getLogger(__name__)


class ParentedNetwork:
    """One network of macvlan or ipvlan; see `drivers.contract.Network`."""

    uses_sandbox = True
    interface_prefix = "eth"

    def __init__(
        self, record: NetworkRecord, alias: str, rtnl: Callable[[], NetlinkSocket], *, keeps_parent: Callable[[], bool]
    ) -> None:
        """Nothing happens in the kernel before `start`.

        Args:
            record: id, name, parent, addresses, options.
            alias: mark for a parent of ours.
            rtnl: opens a route socket in the host's namespace.
            keeps_parent: whether another network of the engine has the same parent.
        """
        self._record = record
        self._alias = alias
        self._rtnl = rtnl()
        self._keeps_parent = keeps_parent
        self._options = parse_options(record.driver, dict(record.options))
        self._addresses = AddressPair(
            [
                (
                    ip_network(block.subnet),
                    ip_network(block.ip_range) if block.ip_range else None,
                    [one for one in (block.gateway, *dict(block.aux_addresses).values()) if one],
                )
                for block in record.subnets
            ]
        )

    @property
    def record(self) -> NetworkRecord:
        """See `Network.record`."""
        return self._record

    def start(self, attachments: Sequence[Attachment]) -> None:
        """See `Network.start`."""
        for attachment in attachments:
            try:
                self._addresses.take(attachment.ipv4 or None, attachment.ipv6 or None)
            except DockyardError as error:
                _log.warning("addresses of container %s: %s", attachment.container_id, error)
        check_kernel(self._rtnl, self._record.driver)
        self.reassert()

    def attach(self, request: AttachRequest, interface: str, sandbox: Sandbox | None) -> Attachment:
        """See `Network.attach`."""
        if sandbox is None:
            raise SystemFailure(f"network {self._record.name} needs the sandbox opened")
        if request.mac and self._record.driver == IPVLAN:
            raise InvalidParameter("ipvlan interfaces do not support custom mac address assignment")
        if request.ports:
            _log.warning("%s driver does not support port mappings", self._record.driver)
        wanted_mac = parse_mac(request.mac) if request.mac else None
        with ExitStack() as undo:
            taken = self._addresses.take(request.ipv4, request.ipv6, without_ipv6=request.without_ipv6)
            undo.callback(self._addresses.release, taken.ipv4, taken.ipv6)
            attachment = Attachment(
                container_id=request.container_id,
                container_name=request.container_name,
                sandbox_id=request.sandbox_id,
                endpoint_id=request.endpoint_id,
                network=self._record.name,
                network_id=self._record.id,
                driver=self._record.driver,
                interface=interface,
                mac=(wanted_mac or mac_of(taken.ipv4)) if self._record.driver == MACVLAN else "",
                ipv4=taken.ipv4,
                prefix_length=taken.prefix_length,
                gateway=self._gateway(taken.ipv4),
                ipv6=taken.ipv6,
                ipv6_prefix_length=taken.ipv6_prefix_length,
                ipv6_gateway=self._gateway(taken.ipv6),
                dns_names=request.dns_names,
                links=request.links,
                gw_priority=request.gw_priority,
                internal=self._is_internal,
                on_link=self._options.routed and not self._is_internal,
                driver_opts=request.driver_opts,
                link_local=request.link_local,
            )
            self._plug(sandbox, attachment)
            undo.pop_all()
        return attachment

    def republish(
        self,
        attachment: Attachment,  # noqa: ARG002
        removed: Sequence[PublishedPort],  # noqa: ARG002
        requests: Sequence[PortRequest],  # noqa: ARG002
    ) -> Attachment:
        """Nothing is published here: others reach the container's own address."""
        raise Conflict(f"network {self._record.name} publishes no ports")

    def detach(self, attachment: Attachment) -> None:
        """See `Network.detach`. The link goes with the sandbox, or is taken from it by the controller."""
        self._addresses.release(attachment.ipv4, attachment.ipv6)

    def reassert(self) -> None:
        """See `Network.reassert`."""
        ensure_parent(
            self._rtnl, self._record.link, self._alias, made=self._record.made_link, nowhere=not self._options.parent
        )

    def owns_link(self, name: str) -> bool:
        """See `Network.owns_link`."""
        return self._record.made_link and name == self._record.link

    def owns_table(self, name: str) -> bool:  # noqa: ARG002
        """None."""
        return False

    def info(self, attachments: Sequence[Attachment]) -> NetworkInfo:
        """See `Network.info`."""
        return info_of(self._record, attachments, self._addresses.usage)

    def remove(self) -> None:
        """See `Network.remove`."""
        if self._record.made_link and not self._keeps_parent():
            remove_bridge(self._rtnl, self._record.link)
        self._rtnl.close()

    def close(self) -> None:
        """See `Network.close`. A parent stays: containers stand on it."""
        self._rtnl.close()

    @property
    def _is_internal(self) -> bool:
        return self._record.internal or not self._options.parent

    def _gateway(self, address: str) -> str:
        """The way out from an address: the gateway of its block, if the user has named one."""
        if not address or self._is_internal or self._options.routed:
            return ""
        found = (block.gateway for block in self._record.subnets if ip_address(address) in ip_network(block.subnet))
        return next(found, "")

    def _plug(self, sandbox: Sandbox, attachment: Attachment) -> None:
        # A name by which a later daemon knows what was never finished; its own comes with the mark.
        name = UNFINISHED + secrets.token_hex(5)
        parent = ensure_parent(
            self._rtnl, self._record.link, self._alias, made=self._record.made_link, nowhere=not self._options.parent
        ).link_index
        options = self._options
        if self._record.driver == MACVLAN:
            made = sublink.add_macvlan(name, parent, mode=options.mode, mac=attachment.mac, namespace=sandbox.namespace)
        else:
            made = sublink.add_ipvlan(name, parent, mode=options.mode, flag=options.flag, namespace=sandbox.namespace)
        try:
            self._rtnl.transact(made)
        except OSError as error:
            raise SystemFailure(f"failed to create the {self._record.driver} port: {error}") from error
        try:
            configure(sandbox, attachment, present=name, mark=f"{MARK}{attachment.endpoint_id}")
            announce(sandbox, attachment)
        except BaseException as error:
            for leftover in (name, attachment.interface):
                remove_link(sandbox, leftover)
            if isinstance(error, OSError):
                raise SystemFailure(f"failed to add interface {attachment.interface} to sandbox: {error}") from error
            raise
