"""The options of the bridge driver, from the text that users give. Pure.

Options that the driver doesn't know are kept and shown, and mean nothing, as in Docker: clients leave notes there.

https://docs.docker.com/reference/cli/docker/network/create/#bridge-driver-options
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from dockyard.errors import InvalidParameter
from dockyard.network.drivers.bridge.choose import check_link_name
from dockyard.network.firewall.rules import ISOLATED, NAT, ROUTED, UNPROTECTED
from dockyard.network.ipam.subnets import parse_address

PREFIX: Final = "com.docker.network."
NAME: Final = f"{PREFIX}bridge.name"
ICC: Final = f"{PREFIX}bridge.enable_icc"
MASQUERADE: Final = f"{PREFIX}bridge.enable_ip_masquerade"
HOST_BINDING: Final = f"{PREFIX}bridge.host_binding_ipv4"
MODE4: Final = f"{PREFIX}bridge.gateway_mode_ipv4"
MODE6: Final = f"{PREFIX}bridge.gateway_mode_ipv6"
TRUSTED: Final = f"{PREFIX}bridge.trusted_host_interfaces"
INHIBIT: Final = f"{PREFIX}bridge.inhibit_ipv4"
DEFAULT_BRIDGE: Final = f"{PREFIX}bridge.default_bridge"
INTERFACE_PREFIX: Final = f"{PREFIX}container_iface_prefix"
MTU: Final = f"{PREFIX}driver.mtu"
HOST4: Final = f"{PREFIX}host_ipv4"
HOST6: Final = f"{PREFIX}host_ipv6"

_MODES: Final = (NAT, UNPROTECTED, ROUTED, ISOLATED)
_TRUE: Final = ("1", "t", "T", "TRUE", "true", "True")
_FALSE: Final = ("0", "f", "F", "FALSE", "false", "False")
_NUMBER: Final = re.compile(r"[+-]?[0-9]+")
_INTERFACE_PREFIX: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,12}")
_LARGEST_MTU: Final = 65535


@dataclass(frozen=True, slots=True)
class BridgeOptions:
    """What a user's options say of a bridge network.

    Attributes:
        name: of the link; "" is one of the engine's choice.
        mtu: bytes, 0 is the default.
        host_ip: address of published ports that name none; "" is the daemon's default.
        mode4, mode6: gateway modes.
        trusted: links of the host that may address containers themselves.
        inhibit_ipv4: give the bridge no IPv4 address, because something else is the gateway.
        interface_prefix: of links inside of containers, "eth" makes eth0.
        source4, source6: addresses of the host that containers appear with outside.
    """

    name: str = ""
    mtu: int = 0
    icc: bool = True
    masquerade: bool = True
    host_ip: str = ""
    mode4: str = NAT
    mode6: str = NAT
    trusted: tuple[str, ...] = ()
    inhibit_ipv4: bool = False
    interface_prefix: str = "eth"
    source4: str = ""
    source6: str = ""


def parse_options(options: Mapping[str, str], *, internal: bool) -> BridgeOptions:
    """What the options say.

    Raises:
        InvalidParameter: a value is none of its option; in Docker's words.
    """
    if parse_bool(options, DEFAULT_BRIDGE, default=False):
        raise InvalidParameter(f"{DEFAULT_BRIDGE}: only the daemon's own network is the default bridge")
    name = options.get(NAME, "")
    if name:
        check_link_name(name)
    trusted = tuple(one for one in options.get(TRUSTED, "").split(":") if one)
    for link in trusted:
        check_link_name(link)
    prefix = options.get(INTERFACE_PREFIX) or "eth"
    if not _INTERFACE_PREFIX.fullmatch(prefix):
        raise _unparsable(INTERFACE_PREFIX, prefix, "not the beginning of a link's name")
    modes = [_mode(options, option) for option in (MODE4, MODE6)]
    if ISOLATED in modes and not internal:
        raise InvalidParameter("gateway mode 'isolated' can only be used for an internal network")
    return BridgeOptions(
        name=name,
        mtu=parse_mtu(options),
        icc=parse_bool(options, ICC, default=True),
        masquerade=parse_bool(options, MASQUERADE, default=True),
        host_ip=_address(options, HOST_BINDING),
        mode4=modes[0],
        mode6=modes[1],
        trusted=trusted,
        inhibit_ipv4=parse_bool(options, INHIBIT, default=False),
        interface_prefix=prefix,
        source4=_address(options, HOST4),
        source6=_address(options, HOST6),
    )


def parse_bool(options: Mapping[str, str], option: str, *, default: bool) -> bool:
    """A truth value as Go reads it.

    Raises:
        InvalidParameter: something else.
    """
    value = options.get(option)
    if value is None:
        return default
    if value in _TRUE or value in _FALSE:
        return value in _TRUE
    raise _unparsable(option, value, f'strconv.ParseBool: parsing "{value}": invalid syntax')


def parse_mtu(options: Mapping[str, str]) -> int:
    """The largest packet in bytes; 0 where nothing is said.

    Raises:
        InvalidParameter: not a number, or one that no packet has.
    """
    value = options.get(MTU)
    if value is None:
        return 0
    if not _NUMBER.fullmatch(value):
        raise _unparsable(MTU, value, f'strconv.Atoi: parsing "{value}": invalid syntax')
    if not 0 <= int(value) <= _LARGEST_MTU:
        raise InvalidParameter(f"invalid MTU number: {int(value)}")
    return int(value)


def _mode(options: Mapping[str, str], option: str) -> str:
    value = options.get(option)
    if value is None:
        return NAT
    if value not in _MODES:
        raise _unparsable(option, value, f"unknown gateway mode {value}")
    return value


def _address(options: Mapping[str, str], option: str) -> str:
    value = options.get(option)
    if value is None:
        return ""
    address = parse_address(value)
    if address is None:
        raise _unparsable(option, value, "nil ip")
    return str(address)


def _unparsable(option: str, value: str, reason: str) -> InvalidParameter:
    return InvalidParameter(f"failed to parse {option} value: {value} ({reason})")
