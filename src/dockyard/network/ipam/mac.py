"""Hardware addresses of endpoints: Docker's derivation from the IPv4 address, and what users ask for. Pure."""

import re
import secrets
from ipaddress import IPv4Address
from typing import Final

from dockyard.errors import InvalidParameter

_GRAMMAR: Final = re.compile(r"[0-9a-f]{2}(?P<separator>[:-])[0-9a-f]{2}((?P=separator)[0-9a-f]{2}){4}", re.IGNORECASE)
_MULTICAST: Final = 1


def mac_of(ipv4: str) -> str:
    """Docker's hardware address for an IPv4 address: 02:42 and its four bytes; "locally administered", unicast.

    Without such an address ("") the four bytes are random.
    """
    return "02:42:" + (IPv4Address(ipv4).packed if ipv4 else secrets.token_bytes(4)).hex(":")


def parse_mac(text: str) -> str:
    """The address in small letters with colons, of six bytes in hexadecimal with colons or hyphens.

    Raises:
        InvalidParameter: something else, or the address of a group.
    """
    if not _GRAMMAR.fullmatch(text):
        raise InvalidParameter(f"{text} is not a valid mac address")
    value = bytes.fromhex(re.sub("[:-]", "", text))
    if value[0] & _MULTICAST:
        raise InvalidParameter(f"{text} is not a valid mac address: it is that of a group")
    return value.hex(":")
