"""Networks, addresses, names: `--network`, `--ip`, `--link`, `--dns`, `--add-host` and their kin."""

from __future__ import annotations

from dockyard.cli.container.options.csv_fields import fields
from dockyard.cli.flags.kinds import address, integer, is_address
from dockyard.cli.flags.spec import Kind, Parsed
from dockyard.errors import InvalidParameter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_BUILT_IN = ("default", "bridge", "host", "none", "nat")


class NetworkChoice:
    """One `--network`: its name and what its fields say of the endpoint."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.endpoint: dict[str, Any] = {}
        self.addresses: dict[str, Any] = {}

    @property
    def is_user_defined(self) -> bool:
        """Whether it isn't one of the networks that always exist, or another container's."""
        return self.name not in _BUILT_IN and not self.name.startswith("container:")


def _network(text: str) -> NetworkChoice:
    """`NAME`, or `name=NAME,alias=…,ip=…,ip6=…,mac-address=…,link-local-ip=…,driver-opt=key=value,gw-priority=…`."""
    known = ("name=", "alias=", "ip=", "ip6=", "mac-address=", "link-local-ip=", "driver-opt=", "gw-priority=")
    if "=" not in text or text == "name=" or (not text.startswith(known) and "," not in text):
        return NetworkChoice(text)
    choice = NetworkChoice("")
    for field in fields(text):
        key, equals, value = field.partition("=")
        key = key.strip().lower()
        if not equals or not key:
            raise ValueError(f"invalid network option: {field}" if not equals else f"invalid field {field}")
        _set(choice, key, value)
    if not choice.name:
        raise ValueError("network name/id is not specified")
    return choice


def _set(choice: NetworkChoice, key: str, value: str) -> None:
    if key == "name":
        choice.name = value
    elif key == "alias":
        choice.endpoint.setdefault("Aliases", []).append(value)
    elif key == "ip":
        choice.addresses["IPv4Address"] = value
    elif key == "ip6":
        choice.addresses["IPv6Address"] = value
    elif key == "link-local-ip":
        choice.addresses.setdefault("LinkLocalIPs", []).append(value)
    elif key == "mac-address":
        choice.endpoint["MacAddress"] = _mac(value)
    elif key == "driver-opt":
        name, equals, setting = value.partition("=")
        if not equals:
            raise ValueError("invalid key value pair format in driver options")
        choice.endpoint.setdefault("DriverOpts", {})[name.strip()] = setting.strip()
    elif key == "gw-priority":
        choice.endpoint["GwPriority"] = integer(value)
    else:
        raise ValueError(f"invalid field key {key}")


def _mac(text: str) -> str:
    parts = text.replace("-", ":").split(":")
    if len(parts) != 6 or not all(len(part) == 2 and set(part.lower()) <= set("0123456789abcdef") for part in parts):
        raise ValueError(f"{text} is not a valid mac address")
    return text


def networking(options: Parsed) -> tuple[str, dict[str, Any]]:
    """(NetworkMode, EndpointsConfig) of the API. Raises InvalidParameter for what contradicts itself."""
    choices: list[NetworkChoice] = [*options["network"], *options["net"]] or [NetworkChoice("default")]
    if len({choice.is_user_defined for choice in choices}) > 1:
        raise InvalidParameter(
            "conflicting options: cannot attach both user-defined and non-user-defined network-modes"
        )
    endpoints: dict[str, Any] = {}
    for number, choice in enumerate(choices):
        if choice.name in endpoints:
            raise InvalidParameter(f'network "{choice.name}" is specified multiple times')
        if number == 0:
            _apply_flags(choice, options)
        if choice.addresses:
            choice.endpoint["IPAMConfig"] = choice.addresses
        endpoints[choice.name] = choice.endpoint
    return choices[0].name, endpoints


def _apply_flags(choice: NetworkChoice, options: Parsed) -> None:
    aliases = [*options["network-alias"], *options["net-alias"]]
    if aliases:
        if "Aliases" in choice.endpoint:
            raise InvalidParameter("conflicting options: cannot specify both --network-alias and per-network alias")
        if not choice.is_user_defined:
            raise InvalidParameter("network-scoped aliases are only supported for user-defined networks")
        choice.endpoint["Aliases"] = aliases
    if options["link"] and choice.is_user_defined:
        choice.endpoint["Links"] = options["link"]
    for flag, key, words in (
        ("ip", "IPv4Address", "--ip and per-network IPv4 address"),
        ("ip6", "IPv6Address", "--ip6 and per-network IPv6 address"),
        ("link-local-ip", "LinkLocalIPs", "--link-local-ip and per-network link-local IP addresses"),
    ):
        if options[flag]:
            if key in choice.addresses:
                raise InvalidParameter(f"conflicting options: cannot specify both {words}")
            choice.addresses[key] = options[flag]
    if options["mac-address"]:
        if "MacAddress" in choice.endpoint:
            raise InvalidParameter("conflicting options: cannot specify both --mac-address and per-network MAC address")
        try:
            choice.endpoint["MacAddress"] = _mac(options["mac-address"])
        except ValueError as error:
            raise InvalidParameter(str(error)) from None


def _link(text: str) -> str:
    if not text:
        raise ValueError("empty string specified for links")
    if text.count(":") > 1:
        raise ValueError(f"bad format for links: {text}")
    return text


def _dns(text: str) -> str:
    try:
        return address(text.strip())
    except ValueError:
        raise ValueError(f"IP address is not correctly formatted: {text}") from None


def _dns_search(text: str) -> str:
    name = text.strip().strip(".")
    if not name and text.strip() == ".":
        return "."
    good = name and len(name) <= 255 and all(char.isalnum() or char in ".-_:" for char in name) and name[0] not in "-_"
    if not good or any(char.isspace() for char in name):
        raise ValueError(f"{text} is not a valid domain")
    return name


def _extra_host(text: str) -> str:
    """`name:address` or `name=address` as the API wants it, with a colon; `host-gateway` stands for the host."""
    separator = "=" if "=" in text.partition(":")[0] else ":"
    name, found, value = text.partition(separator)
    if not found or not name:
        raise ValueError(f'bad format for add-host: "{text}"')
    if value.startswith("[") and value.endswith("]"):
        value = value[1:-1]
    if value != "host-gateway" and not is_address(value):
        raise ValueError(f'invalid IP address in add-host: "{value}"')
    return f"{name}:{value}"


NETWORK = Kind("network", _network, many=True)
LINK = Kind("list", _link, many=True)
DNS = Kind("list", _dns, many=True)
DNS_SEARCH = Kind("list", _dns_search, many=True)
EXTRA_HOST = Kind("list", _extra_host, many=True)
