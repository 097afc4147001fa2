"""The options of macvlan and ipvlan, from the text that users give. Pure.

    parent        eth0, or eth0.10 for the frames of VLAN 10, whose link is made where it is missing; none is a network
                  that leads nowhere
    macvlan_mode  bridge (default), private, vepa, passthru
    ipvlan_mode   l2 (default), l3, l3s
    ipvlan_flag   bridge (default), private, vepa

https://docs.docker.com/engine/network/drivers/macvlan/, https://docs.docker.com/engine/network/drivers/ipvlan/
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from dockyard.errors import InvalidParameter
from dockyard.linux.netlink.sublink import IPVLAN_FLAGS, IPVLAN_MODES, MACVLAN_MODES

MACVLAN: Final = "macvlan"
IPVLAN: Final = "ipvlan"
PARENT: Final = "parent"
PASSTHRU: Final = "passthru"

_LINK: Final = re.compile(r"[^\s/]{1,15}")
_LARGEST_VLAN: Final = 4094


@dataclass(frozen=True, slots=True)
class ParentedOptions:
    """What a user's options say.

    Attributes:
        parent: name of the link below; "" is one that leads nowhere.
        mode: of the driver.
        flag: of ipvlan.
    """

    parent: str
    mode: str
    flag: str = "bridge"

    @property
    def routed(self) -> bool:
        """Whether the link does without neighbours: ipvlan's layer 3."""
        return self.mode in ("l3", "l3s")


def parse_options(driver: str, options: Mapping[str, str]) -> ParentedOptions:
    """What the options of a network of `driver` say.

    Raises:
        InvalidParameter: a value is none of its option; in Docker's words.
    """
    parent = options.get(PARENT, "")
    if parent == "lo":
        raise InvalidParameter(f"loopback interface is not a valid {driver} parent link")
    if parent and (not _LINK.fullmatch(parent) or parent in (".", "..")):
        raise InvalidParameter(f"invalid {driver} parent link: {parent!r}")
    if driver == MACVLAN:
        mode = options.get("macvlan_mode") or "bridge"
        if mode not in MACVLAN_MODES:
            raise InvalidParameter(
                f"requested macvlan mode '{mode}' is not valid, 'bridge' mode is the macvlan driver default"
            )
        return ParentedOptions(parent, mode)
    mode, flag = options.get("ipvlan_mode") or "l2", options.get("ipvlan_flag") or "bridge"
    if mode not in IPVLAN_MODES:
        raise InvalidParameter(f"requested ipvlan mode '{mode}' is not valid, 'l2' mode is the ipvlan driver default")
    if flag not in IPVLAN_FLAGS:
        raise InvalidParameter(f"requested ipvlan flag '{flag}' is not valid, 'bridge' is the ipvlan driver default")
    return ParentedOptions(parent, mode, flag)


def parse_vlan(name: str) -> tuple[str, int]:
    """Parent and number in the name of a VLAN's link, "eth0.10".

    Raises:
        InvalidParameter: no such name; in Docker's words.
    """
    parts = name.split(".")
    if len(parts) == 1:
        raise InvalidParameter(f"invalid subinterface vlan name {name}, example formatting is eth0.10")
    if len(parts) != 2:
        raise InvalidParameter(
            f"required interface name format is: name.vlan_id, ex. eth0.10 for vlan 10, instead received {name}"
        )
    parent, number = parts
    if not number.isascii() or not number.isdecimal() or len(number) > 9:
        raise InvalidParameter(f"unable to parse a valid vlan id from: {number} (ex. eth0.10 for vlan 10)")
    if not 1 <= int(number) <= _LARGEST_VLAN:
        raise InvalidParameter(f"vlan id must be between 1-{_LARGEST_VLAN}, received: {int(number)}")
    return parent, int(number)
