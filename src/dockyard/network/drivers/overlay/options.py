"""The options of overlay networks, beside those of their bridges. Pure.

    com.docker.network.driver.overlay.vxlanid_list   the VXLAN network identifier: one number, the same on all hosts
    com.docker.network.driver.mtu                    largest packet between the hosts; containers have 50 bytes less
    encrypted                                        refused

https://docs.docker.com/engine/network/drivers/overlay/
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from dockyard.errors import InvalidParameter
from dockyard.linux.netlink.vxlan import LARGEST_VNI
from dockyard.network.drivers.bridge.options import parse_mtu

OVERLAY: Final = "overlay"
VNIS: Final = "com.docker.network.driver.overlay.vxlanid_list"
ENCRYPTED: Final = "encrypted"
OVERHEAD_BYTES: Final = 50
"""Of VXLAN over IPv4: Ethernet, IP, UDP and its own header."""

OVERHEAD_IPV6_BYTES: Final = 70
SMALLEST_MTU: Final = 68
_DEFAULT_BYTES: Final = 1500
_NUMBER: Final = re.compile(r"[0-9]{1,10}")


@dataclass(frozen=True, slots=True)
class OverlayOptions:
    """What a user's options say: the network identifier, and the largest packet between hosts in bytes."""

    vni: int
    outer_mtu: int

    def mtu(self, local: str) -> int:
        """The largest packet of containers, in bytes; `local` is the address of this host."""
        return self.outer_mtu - (OVERHEAD_IPV6_BYTES if ":" in local else OVERHEAD_BYTES)


def parse_options(options: Mapping[str, str]) -> OverlayOptions:
    """What the options say.

    Raises:
        InvalidParameter: the number is missing or none, or something is asked for that this driver can't do.
    """
    if ENCRYPTED in options:
        raise InvalidParameter("encrypted overlay networks aren't supported: packets between hosts would not be secret")
    text = options.get(VNIS, "")
    if not text:
        raise InvalidParameter(f"an overlay network without swarm needs its VXLAN number: --opt {VNIS}=4097")
    if "," in text:
        raise InvalidParameter(f"{VNIS}: an overlay network has one VXLAN number here, not {text}")
    if not _NUMBER.fullmatch(text) or not 1 <= int(text) <= LARGEST_VNI:
        raise InvalidParameter(f"invalid vxlan id value {text!r} passed: must be between 1 and {LARGEST_VNI}")
    outer = parse_mtu(options) or _DEFAULT_BYTES
    if outer - OVERHEAD_IPV6_BYTES < SMALLEST_MTU:
        raise InvalidParameter(f"invalid MTU number: {outer}: too small for VXLAN")
    return OverlayOptions(int(text), outer)
