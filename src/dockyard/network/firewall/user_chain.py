"""A place for the operator's own rules about containers: made if it is missing, and never touched after that.

    nft add rule inet dockyard-user forward ip saddr != 192.0.2.0/24 meta l4proto tcp ct original proto-dst 8080 drop

Its chain sees each forwarded packet before the tables of our bridges do, when published ports are translated already:
the destination is the container's, and `ct original` still has what the client asked for. What it drops is dropped;
what it accepts is still judged by the others. It is shared by all engines of a host, as DOCKER-USER is; that chain is
honoured, too, where iptables has it (`foreign`).

Somebody who flushes all rules takes his own along: they belong into the file that his firewall loads.
"""

import re
from typing import Final

from dockyard.errors import DockyardError
from dockyard.linux.nftables import Nftables

NAME: Final = "dockyard-user"
TABLE: Final = NAME
_CHAIN: Final = f"inet {NAME} forward"

ADD: Final = f"add table inet {NAME}\nadd chain {_CHAIN} {{ type filter hook forward priority -5; policy accept; }}\n"

_OWN_LINE: Final = re.compile(r"table .*|chain forward \{|type filter hook forward .*policy accept;|\}|")
_OF_BRIDGES: Final = " dockyard-"


def provide(nftables: Nftables) -> None:
    """Make table and chain if they are missing, and change nothing otherwise.

    Every engine of the host hears of a change to the table and looks after its own rules then: two that added the chain
    each time would keep each other busy for ever. Raises SystemFailure when nftables refuses.
    """
    try:
        nftables.run(f"list chain {_CHAIN}")
    except DockyardError:
        nftables.run(ADD)


def withdraw(nftables: Nftables) -> None:
    """Remove the table if nobody needs it: it has no rules but none of ours, and no bridge has a table any more."""
    try:
        tables = nftables.run("list tables")
        others = [line for line in tables.splitlines() if _OF_BRIDGES in line and f" {NAME}" not in line]
        if others or is_used(nftables.run(f"list table inet {NAME}")):
            return
        nftables.run(f"delete table inet {NAME}")
    except DockyardError:  # somebody else has removed it
        return


def is_used(listing: str) -> bool:
    """Whether the operator has put anything into the table: another line than those that make it."""
    lines = [line.partition("#")[0].strip() for line in listing.splitlines()]
    return any(not _OWN_LINE.fullmatch(line) for line in lines)
