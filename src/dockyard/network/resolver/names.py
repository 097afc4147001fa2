"""The table of names: for each network, who is called what and has which address.

Rules of look-up are Docker's: a name is looked for in each network that the sandbox is in, links first; "a.b" is also
"a" in the network "b", since names of both may have dots. Upper and lower case are the same.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Final

from dockyard.network.resolver.values import Member, Place, View

IPV4: Final = 4
IPV6: Final = 6


@dataclass(slots=True)
class _Network:
    name: str
    members: dict[str, Member] = field(default_factory=dict)
    by_name: dict[str, dict[str, Member]] = field(default_factory=dict)
    by_address: dict[str, Member] = field(default_factory=dict)


class NameTable:
    """All networks of an engine. A network that nobody is told about is empty."""

    def __init__(self) -> None:
        self._networks: dict[str, _Network] = {}

    def name_network(self, network: str, name: str) -> None:
        """A network of that id exists, and is called so."""
        self._networks.setdefault(network, _Network(name)).name = name

    def drop_network(self, network: str) -> None:
        """It is gone, with all members; a repeat does nothing."""
        self._networks.pop(network, None)

    def join(self, network: str, member: Member) -> None:
        """A member is there; one of the same endpoint is replaced."""
        self.leave(network, member.endpoint)
        entry = self._networks.setdefault(network, _Network(""))
        entry.members[member.endpoint] = member
        for name in _lower(member.names):
            entry.by_name.setdefault(name, {})[member.endpoint] = member
        for address in filter(None, (member.ipv4, member.ipv6)):
            entry.by_address[address] = member

    def leave(self, network: str, endpoint: str) -> None:
        """It is there no longer; a repeat does nothing."""
        entry = self._networks.get(network)
        member = entry.members.pop(endpoint, None) if entry else None
        if entry is None or member is None:
            return
        for name in _lower(member.names):
            named = entry.by_name.get(name, {})
            named.pop(endpoint, None)
            if not named:
                entry.by_name.pop(name, None)
        for address in filter(None, (member.ipv4, member.ipv6)):
            if entry.by_address.get(address) is member:
                del entry.by_address[address]

    def keep_only(self, networks: Collection[str], endpoints: Collection[str]) -> None:
        """Forget all others."""
        for network in set(self._networks) - set(networks):
            del self._networks[network]
        for network, entry in self._networks.items():
            for endpoint in set(entry.members) - set(endpoints):
                self.leave(network, endpoint)

    def resolve(self, view: View, name: str, family: int) -> list[str] | None:
        """The addresses behind a name, as a sandbox sees it.

        Args:
            view: the sandbox's.
            name: with or without the dot at its end.
            family: IPV4 or IPV6.

        Returns:
            None when the name isn't one of ours; empty when it is, without address of that family.
        """
        wanted = name.rstrip(".").lower()
        ours = False
        for head, tail in _splits(wanted):
            for place in view.places:
                members = self._members(place, head, tail)
                addresses = [found for member in members if (found := _address(member, family))]
                if addresses:
                    return addresses
                ours = ours or bool(members)
        extra = [address for extra_name, address in view.hosts if extra_name.lower() == wanted]
        if extra and not ours:
            return [address for address in extra if ip_address(address).version == family]
        return [] if ours else None

    def reverse(self, view: View, address: str) -> str | None:
        """ "container.network" of the member with that address in a network of the sandbox; None for nobody."""
        for place in view.places:
            entry = self._networks.get(place.network)
            member = entry.by_address.get(address) if entry else None
            if entry is not None and member is not None:
                return f"{member.name}.{entry.name}" if entry.name else member.name
        return None

    def _members(self, place: Place, name: str, network_name: str) -> list[Member]:
        entry = self._networks.get(place.network)
        if entry is None or (network_name and entry.name.lower() != network_name):
            return []
        links = [target.lower() for own, target in place.links if own.lower() == name]
        found: dict[str, Member] = {}
        for each in links or [name]:
            found |= entry.by_name.get(each, {})
        return list(found.values())


def _splits(name: str) -> Iterator[tuple[str, str]]:
    """ "a.b.c": itself in any network; "a.b" in the network "c"; "a" in the network "b.c"."""
    yield name, ""
    at = len(name)
    while (at := name.rfind(".", 0, at)) > 0:
        yield name[:at], name[at + 1 :]


def _lower(names: Sequence[str]) -> set[str]:
    return {name.rstrip(".").lower() for name in names if name}


def _address(member: Member, family: int) -> str:
    return member.ipv6 if family == IPV6 else member.ipv4
