"""What a bridge knows of where a MAC address is: its forwarding table (rtnetlink(7), RTM_*NEIGH with AF_BRIDGE)."""

from struct import Struct
from typing import Final

from dockyard.linux.netlink.link import mac_bytes
from dockyard.linux.netlink.message import NLM_F_CREATE, NLM_F_REPLACE, attribute, request

RTM_NEWNEIGH: Final = 28

_AF_BRIDGE: Final = 7
_NTF_MASTER: Final = 0x04
_NTF_STICKY: Final = 0x40
_NUD_NOARP: Final = 0x40
_NDA_LLADDR: Final = 2

_HEADER: Final = Struct("=BxxxiHBB")


def place(port_index: int, mac: str) -> bytes:
    """Tell the bridge that `mac` is behind the port, whatever it may hear; takes the place of what it had learned.

    A container that gets the address of one just gone has its MAC too: without this, packets go to the dead port until
    the new container has sent something, and again when the last packets of the old one come in.
    """
    body = _HEADER.pack(_AF_BRIDGE, port_index, _NUD_NOARP, _NTF_MASTER | _NTF_STICKY, 0)
    return request(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, body, attribute(_NDA_LLADDR, mac_bytes(mac)))
