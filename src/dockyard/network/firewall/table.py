"""The nftables table of one bridge: what should be in the kernel, and the commands that keep it so."""

import logging
import re
from collections.abc import Collection, Iterable
from typing import Final

from dockyard.errors import DockyardError
from dockyard.linux.nftables import Nftables
from dockyard.network.attachment import Attachment
from dockyard.network.firewall.flows import FlowForgetter
from dockyard.network.firewall.foreign import FIREWALLD, DroppingChain, ForeignFirewalls
from dockyard.network.firewall.foreign import TABLE as FOREIGN_TABLE
from dockyard.network.firewall.linked import LinkedPorts
from dockyard.network.firewall.rules import (
    BridgeRules,
    Target,
    add_targets,
    delete_tables,
    delete_targets,
    elements,
    replace_links,
    replace_strangers,
    replace_tables,
)
from dockyard.network.firewall.user_chain import TABLE as USER_TABLE
from dockyard.network.firewall.user_chain import provide as provide_user_chain
from dockyard.network.firewall.user_chain import withdraw as withdraw_user_chain

_log: Final = logging.getLogger(__name__)

_ELEMENTS: Final = re.compile(r"elements = \{[^}]*\}")


class FirewallTable:
    """Remembers the published ports, so that the kernel's table can be made again after somebody flushed it."""

    def __init__(self, nftables: Nftables, rules: BridgeRules) -> None:
        """Nothing is in the kernel before `reassert`."""
        self._nftables = nftables
        self._rules = rules
        self._targets: dict[str, tuple[Target, ...]] = {}
        self._links = LinkedPorts()
        self._skeleton = ""
        self._strangers: tuple[str, ...] = ()
        self._kept_from: tuple[str, ...] = ()
        self._flows = FlowForgetter()
        self._foreign = {family: ForeignFirewalls(nftables, rules.bridge, family) for family, _ in rules.families}
        self._warned: frozenset[DroppingChain] = frozenset()

    def remember(self, attachments: Iterable[Attachment]) -> None:
        """Ports of endpoints from before this daemon started; `reassert` brings them to the kernel."""
        for attachment in attachments:
            self._targets[attachment.endpoint_id] = targets_of(attachment)
            self._links.add(attachment)

    def keep_from(self, strangers: Collection[str]) -> None:
        """Let containers not through to these bridges of others, from the next `reassert` or `mend` on."""
        self._strangers = tuple(sorted(strangers))

    def reassert(self) -> None:
        """Make the kernel's table what it should be, in one transaction; let the bridge through other firewalls.

        Raises:
            SystemFailure: nftables refuses.
        """
        self._admit()
        self._nftables.run(replace_tables(self._rules, self._everything(), self._strangers, self._links.open()))
        self._kept_from = self._strangers
        self._skeleton, _ = _take_apart(self._list())

    def owns(self, table: str) -> bool:
        """Whether a change of the table by others may be ours to mend."""
        return table in (self._rules.table, FOREIGN_TABLE, FIREWALLD, USER_TABLE)

    def mend(self) -> None:
        """Like `reassert`, but the kernel's table is touched only if it isn't as it was left.

        Raises:
            SystemFailure: nftables refuses.
        """
        self._admit()
        if not self._is_intact():
            self.reassert()
        elif self._strangers != self._kept_from:
            self._nftables.run(replace_strangers(self._rules, self._strangers))
            self._kept_from = self._strangers

    def _is_intact(self) -> bool:
        """Whether the kernel's table is as `reassert` left it, with the ports published since."""
        try:
            skeleton, present = _take_apart(self._list())
        except DockyardError:
            return False
        wanted = {element for target in self._everything() for element in elements(self._rules, target)}
        others = len(self._links.open()) + len(self._kept_from) * len(self._rules.families)
        return skeleton == self._skeleton and present == len(wanted) + others

    def _everything(self) -> list[Target]:
        return [target for targets in self._targets.values() for target in targets]

    def _list(self) -> str:
        return "".join(
            self._nftables.run(f"list table {family} {self._rules.table}") for family, _ in self._rules.families
        )

    def publish(self, attachment: Attachment) -> None:
        """Bring an endpoint's ports, and what links open, to the kernel; a table that has disappeared is made anew.

        Raises:
            SystemFailure: nftables refuses.
        """
        self._links.add(attachment)
        try:
            self._publish(attachment)
            self._open_links()
        except BaseException:
            self._links.discard(attachment)
            raise

    def _publish(self, attachment: Attachment) -> None:
        targets = targets_of(attachment)
        if not targets:
            return
        self._targets[attachment.endpoint_id] = targets
        try:
            self._nftables.run(add_targets(self._rules, targets))
        except DockyardError:
            try:
                self.reassert()
            except DockyardError:
                del self._targets[attachment.endpoint_id]
                raise
        self._flows.forget(targets)

    def withdraw(self, attachment: Attachment) -> None:
        """Take an endpoint's ports out of the kernel; one that has none is fine.

        Raises:
            SystemFailure: nftables refuses.
        """
        self._links.discard(attachment)
        self._open_links()
        targets = self._targets.pop(attachment.endpoint_id, ())
        if not targets:
            return
        try:
            self._nftables.run(delete_targets(self._rules, targets))
        except DockyardError:
            self.reassert()
        self._flows.forget(targets)

    def _open_links(self) -> None:
        """Bring what links open to the kernel, if that has changed."""
        if self._rules.icc or not self._links.changed():
            return
        try:
            self._nftables.run(replace_links(self._rules, self._links.open()))
        except DockyardError:
            self.reassert()

    def change(self, before: Attachment, after: Attachment) -> None:
        """Publish other ports of an endpoint, in one transaction: those in both are led on without a gap.

        Raises:
            SystemFailure: nftables refuses; nothing has changed.
        """
        gone, come = targets_of(before), targets_of(after)
        self._targets[after.endpoint_id] = come
        everything = {element for target in self._everything() for element in elements(self._rules, target)}
        old = [element for target in gone for element in elements(self._rules, target) if element not in everything]
        kept = {element for target in gone for element in elements(self._rules, target)}
        new = [element for target in come for element in elements(self._rules, target) if element not in kept]
        commands = [*(f"delete element {one}" for one in old), *(f"add element {one}" for one in new)]
        try:
            self._nftables.run("".join(f"{command}\n" for command in dict.fromkeys(commands)))
        except DockyardError:
            try:
                self.reassert()
            except DockyardError:
                self._targets[before.endpoint_id] = gone
                raise
        self._flows.forget([*(target for target in gone if target not in come), *come])

    def guard_forwarding(self, family: str = "ip") -> None:
        """See `ForeignFirewalls.drop_by_policy`; "ip6" is for IPv6."""
        ForeignFirewalls(self._nftables, self._rules.bridge, family).drop_by_policy()

    def remove(self) -> None:
        """The table goes from the kernel, and what is in tables of others."""
        for foreign in self._foreign.values():
            foreign.withdraw()
        self._nftables.run(delete_tables(self._rules))
        withdraw_user_chain(self._nftables)

    def _admit(self) -> None:
        provide_user_chain(self._nftables)
        dropping = frozenset(chain for foreign in self._foreign.values() for chain in foreign.admit())
        for chain in sorted(dropping - self._warned):
            _log.warning(
                "chain %s of table %s %s drops what it doesn't know: containers need rules in it that accept what comes"
                " from %s and goes to it",
                chain.chain,
                chain.family,
                chain.table,
                self._rules.bridge,
            )
        self._warned = dropping


def _take_apart(listing: str) -> tuple[str, int]:
    """A listing of the table without the elements of its maps, and the number of those."""
    number = sum(block.count(",") + 1 for block in _ELEMENTS.findall(listing))
    return "".join(_ELEMENTS.sub("", listing).split()), number


def targets_of(attachment: Attachment) -> tuple[Target, ...]:
    """Where an endpoint's published ports lead, as far as the container has an address of the host address's family."""
    found = []
    for port in attachment.ports:
        container_ip = attachment.ipv6 if ":" in port.host_ip else attachment.ipv4
        if container_ip:
            found.append(Target(port, container_ip))
    return tuple(found)
