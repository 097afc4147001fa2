"""Firewalls of others on the same host that drop what they don't know, and how a bridge of ours gets along with them.

A packet must be accepted by *every* base chain of a hook, so that our own table can't let through what iptables'
FORWARD chain drops by policy; dockerd and ufw set that policy. As dockerd does for its bridges, two rules for ours
are put there: behind the jump to DOCKER-USER where there is one, so that what an operator forbids stays forbidden.
What is let through to the bridge is still decided by our own table. firewalld's chain gets the same two, which come
back after its reload; where firewalld has locked its table (NftablesTableOwner), the operator must admit the bridge.

Other chains that drop by policy are somebody's own design; they are named in a warning, not edited.

https://docs.docker.com/engine/network/packet-filtering-firewalls/
"""

import re
from collections.abc import Container
from typing import Final, NamedTuple

from dockyard.errors import DockyardError
from dockyard.linux.nftables import Nftables

TABLE: Final = "filter"
"""Name of the table that iptables has its filter rules in, and ip6tables those of family `ip6`."""

FIREWALLD: Final = "firewalld"
"""Name of the table of firewalld, of family `inet`."""

_TABLE_LINE: Final = re.compile(r"table (?P<family>\w+) (?P<name>\S+) \{")
_CHAIN_LINE: Final = re.compile(r"\s+chain (?P<name>\S+) \{")
_USER_JUMP: Final = re.compile(r"jump DOCKER-USER .*# handle (?P<handle>\d+)")


class DroppingChain(NamedTuple):
    """A base chain of the forward hook that drops by policy, as nft(8) names it."""

    family: str
    table: str
    chain: str


_OF_FIREWALLD: Final = DroppingChain("inet", FIREWALLD, "filter_FORWARD")


class ForeignFirewalls:
    """Our two rules in others' chains, for one bridge and one address family."""

    def __init__(self, nftables: Nftables, bridge: str, family: str = "ip") -> None:
        """`bridge` is the name of the link, `family` is "ip", or "ip6" for the chain of ip6tables."""
        self._nftables = nftables
        self._family = family
        self._chain = f"{family} {TABLE} FORWARD"
        self._editable = (DroppingChain(family, TABLE, "FORWARD"), _OF_FIREWALLD)
        self._comment = f'comment "dockyard {bridge}"'
        self._rules = tuple(f'{way} "{bridge}" counter accept {self._comment}' for way in ("oifname", "iifname"))

    def admit(self) -> list[DroppingChain]:
        """Put the rules where they are needed and missing.

        Returns:
            The chains where such rules are needed too, and which aren't ours to edit.

        Raises:
            SystemFailure: nftables refuses.
        """
        dropping = dropping_chains(self._nftables.run("list chains"), families=(self._family, "inet"))
        return [chain for chain in dropping if chain not in self._editable or not self._put_into(chain)]

    def _put_into(self, chain: DroppingChain) -> bool:
        """See that the rules are in a chain; False where its owner lets nobody in."""
        place = f"{chain.family} {chain.table} {chain.chain}"
        listing = self._nftables.run(f"list chain {place}")
        if listing.count(self._comment) >= len(self._rules):
            return True
        jump = _USER_JUMP.search(listing)
        verb = f"add rule {place} position {jump['handle']}" if jump else f"insert rule {place}"
        try:
            # In one transaction: where it is refused, what is left of the rules stays.
            commands = (*self._removals(place, listing), *(f"{verb} {rule}" for rule in self._rules))
            self._nftables.run("".join(f"{command}\n" for command in commands))
        except DockyardError:
            if chain != _OF_FIREWALLD:
                raise
            return False
        return True

    def drop_by_policy(self) -> None:
        """Make iptables' FORWARD chain drop what nobody admits; what dockerd does before it switches forwarding on.

        There, and not in a table of our own, because there others know how to admit theirs.

        Raises:
            SystemFailure: nftables refuses.
        """
        table = f"add table {self._family} {TABLE}"
        self._nftables.run(
            f"{table}\nadd chain {self._chain} {{ type filter hook forward priority filter; policy drop; }}\n"
        )

    def withdraw(self) -> None:
        """Take the rules away; fine if there are none."""
        for chain in self._editable:
            place = f"{chain.family} {chain.table} {chain.chain}"
            try:
                listing = self._nftables.run(f"list chain {place}")
                self._nftables.run("".join(f"{command}\n" for command in self._removals(place, listing)))
            except DockyardError:
                continue

    def _removals(self, place: str, listing: str) -> list[str]:
        ours = (line for line in listing.splitlines() if self._comment in line)
        return [f"delete rule {place} handle {line.rpartition('# handle ')[2]}" for line in ours]


def dropping_chains(
    listing: str, hook: str = "forward", families: Container[str] = ("ip", "inet")
) -> list[DroppingChain]:
    """The chains in the answer to `list chains` that drop packets of the hook by policy.

    firewalld's chains accept by policy, and end with a rule that rejects.
    """
    found: list[DroppingChain] = []
    dropping = f"type filter hook {hook} "
    family = table = chain = ""
    for line in listing.splitlines():
        if match := _TABLE_LINE.match(line):
            family, table = match["family"], match["name"]
        elif match := _CHAIN_LINE.match(line):
            chain = match["name"]
        elif dropping in line and ("policy drop;" in line or table == FIREWALLD) and family in families:
            found.append(DroppingChain(family, table, chain))
    return found
