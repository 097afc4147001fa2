"""The kinds of values that only dockerd's flags have: hosts, runtimes, labels, address pools."""

import ipaddress
from collections.abc import Iterable

from dockyard.cli.flags.kinds import integer, is_address
from dockyard.cli.flags.spec import Kind
from dockyard.engine.config import DEFAULT_HOST, AddressPool, RuntimeCommand
from dockyard.errors import InvalidParameter
from dockyard.server.docker.scope import split_scope


def host(text: str) -> str:
    """A place to listen at: `unix:///path`, `tcp://address:port`, `fd://…`; a port of TCP may still be missing.

    Behind a question mark stand its limits, if it has any (server/docker/scope.py).
    """
    text, mark, limits = text.strip().partition("?")
    if mark:
        try:
            split_scope(f"{text}?{limits}")
        except InvalidParameter as error:
            raise ValueError(str(error)) from error
        return f"{host(text)}?{limits}"
    if text in ("", "unix://"):
        return DEFAULT_HOST
    scheme, separator, rest = text.partition("://")
    if not separator:
        scheme, rest = ("unix", text) if text.startswith("/") else ("tcp", text)
    if scheme == "unix":
        if not rest.startswith("/"):
            raise ValueError(f"invalid bind address ({text}): the path of a unix socket must be absolute")
        return f"unix://{rest}"
    if scheme == "fd":
        return f"fd://{rest}"
    if scheme != "tcp":
        raise ValueError(f"invalid bind address ({text}): unsupported proto '{scheme}'")
    address, _, port = rest.rpartition(":") if ":" in rest and not rest.endswith("]") else (rest, "", "")
    if "/" in rest or (address and not is_address(address.strip("[]")) and not _is_host_name(address)):
        raise ValueError(f"invalid bind address ({text}): should not contain a path element")
    if port and not (port.isascii() and port.isdigit() and int(port) <= 0xFFFF):
        raise ValueError(f"invalid bind address ({text}): invalid port '{port}'")
    return f"tcp://{address or 'localhost'}:{port}"


def with_port(address: str, port: int) -> str:
    """The host `address` with `port` where it is of TCP and has none."""
    place, mark, limits = address.partition("?")
    return f"{place}{port}{mark}{limits}" if place.startswith("tcp:") and place.endswith(":") else address


def _is_host_name(text: str) -> bool:
    return text.isascii() and text.replace("-", "").replace(".", "").replace("_", "").isalnum()


def runtime(text: str) -> tuple[str, RuntimeCommand]:
    """`name=path`: a runtime to register."""
    name, equals, path = text.partition("=")
    if not equals:
        raise ValueError(f"invalid runtime argument: {text}")
    name, path = name.strip().lower(), path.strip()
    if not name or not path:
        raise ValueError(f"invalid runtime argument: {text}")
    return name, RuntimeCommand(path)


def label(text: str) -> str:
    """`key=value`, with a key."""
    if not text.partition("=")[0]:
        raise ValueError(f"invalid label '{text}': empty name" if text else "invalid label: empty name")
    if "=" not in text:
        raise ValueError(f"bad attribute format: {text}")
    return text


def option(text: str) -> tuple[str, str]:
    """`key=value` of a map."""
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise ValueError(f"{text} must be formatted as key=value")
    return key, value


def network_options(items: Iterable[tuple[str, str]]) -> dict[str, dict[str, str]]:
    """By driver, the options in (driver, "option=value") pairs. Raises InvalidParameter."""
    found: dict[str, dict[str, str]] = {}
    for driver, text in items:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise InvalidParameter(f"invalid default network options {driver}={text}: need driver=option=value")
        found.setdefault(driver, {})[name] = value
    return found


def address_pool(text: str) -> AddressPool:
    """`base=10.0.0.0/8,size=24`."""
    fields = dict(option(part) for part in text.split(","))
    if set(fields) != {"base", "size"}:
        raise ValueError(f"{text}: need exactly the keys base and size")
    return checked_pool(fields["base"], integer(fields["size"]))


def checked_pool(base: str, size: int) -> AddressPool:
    """The pool, once `base` is known to be a network and `size` to be a prefix length that fits into it."""
    network = ipaddress.ip_network(base, strict=False)
    if not network.prefixlen <= size <= network.max_prefixlen:
        raise ValueError(f"size {size} doesn't fit into {base}")
    return AddressPool(str(network), size)


HOST = Kind("list", host, many=True)
RUNTIME = Kind("runtime", runtime, many=True)
LABEL = Kind("list", label, many=True)
MAP = Kind("map", option, many=True)
POOL = Kind("pool-options", address_pool, many=True)
