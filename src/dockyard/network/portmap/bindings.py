"""Docker's JSON form of published ports, to requests and back. Pure.

    {"80/tcp": [{"HostIp": "127.0.0.1", "HostPort": "8080-8090"}], "53/udp": null}

https://docs.docker.com/reference/api/engine/version/v1.47/#tag/Container (HostConfig.PortBindings)
"""

from collections.abc import Iterable, Mapping, Sequence
from ipaddress import ip_address
from typing import Final

from dockyard.errors import InvalidParameter
from dockyard.network.attachment import PortRequest, PublishedPort

PROTOCOLS: Final = ("tcp", "udp", "sctp")
MAX_PORT: Final = 65535

PortMap = Mapping[str, Sequence[Mapping[str, str]] | None]
"""What `HostConfig.PortBindings` and `NetworkSettings.Ports` are in JSON."""


def parse_bindings(bindings: PortMap) -> tuple[PortRequest, ...]:
    """The requests in `HostConfig.PortBindings`, in the order of container ports; an empty list asks for any host port.

    Raises:
        InvalidParameter: a port, range, protocol or address is none; in Docker's words.
    """
    requests: list[PortRequest] = []
    for spec in sorted(bindings, key=_sort_key):
        port, protocol = parse_port(spec)
        for binding in bindings[spec] or ({},):
            first, last = parse_host_ports(binding.get("HostPort") or "")
            requests.append(PortRequest(protocol, port, parse_host_ip(binding.get("HostIp") or ""), first, last))
    return tuple(requests)


def parse_exposed(specs: Iterable[str]) -> tuple[tuple[int, str], ...]:
    """Ports and protocols in the keys of `Config.ExposedPorts`, sorted; a key may be a range, "8000-8010/tcp".

    Raises:
        InvalidParameter: a port, range or protocol is none.
    """
    found: set[tuple[int, str]] = set()
    for spec in specs:
        ports, protocol = _split(spec)
        first, last = _parse_range(ports, spec)
        found |= {(port, protocol) for port in range(first, last + 1)}
    return tuple(sorted(found))


def publish_all(exposed: Iterable[str], requests: Sequence[PortRequest]) -> tuple[PortRequest, ...]:
    """`-P`: the requests, and one for any host port for each exposed port that has none."""
    asked = {(request.container_port, request.protocol) for request in requests}
    more = (PortRequest(protocol, port) for port, protocol in parse_exposed(exposed) if (port, protocol) not in asked)
    return (*requests, *more)


def port_map(published: Iterable[PublishedPort], exposed: Iterable[str] = ()) -> dict[str, list[dict[str, str]] | None]:
    """`NetworkSettings.Ports`: a list for each published port, null for a port that is only exposed."""
    result: dict[str, list[dict[str, str]] | None] = {
        f"{port}/{protocol}": None for port, protocol in parse_exposed(exposed)
    }
    for entry in published:
        places = result.setdefault(f"{entry.container_port}/{entry.protocol}", None)
        if places is None:
            places = result[f"{entry.container_port}/{entry.protocol}"] = []
        places.append({"HostIp": entry.host_ip, "HostPort": str(entry.host_port or "")})
    return result


def parse_port(spec: str) -> tuple[int, str]:
    """Port and protocol of "80/tcp" or "80".

    Raises:
        InvalidParameter: neither.
    """
    text, protocol = _split(spec)
    first, last = _parse_range(text, spec)
    if first != last:
        raise InvalidParameter(f"invalid port specification: {spec!r}".replace("'", '"'))
    return first, protocol


def parse_host_ports(text: str) -> tuple[int, int]:
    """The range of "8080", "8080-8090" or "" (any: 0 and 0).

    Raises:
        InvalidParameter: no such range.
    """
    if text in ("", "0"):
        return 0, 0
    first, last = _parse_range(text, text)
    return first, last


def parse_host_ip(text: str) -> str:
    """An address without brackets; "" stays.

    Raises:
        InvalidParameter: not an address.
    """
    if not text:
        return ""
    try:
        return str(ip_address(text.strip("[]")))
    except ValueError as error:
        raise InvalidParameter(f"invalid IP address: {text}") from error


def _split(spec: str) -> tuple[str, str]:
    text, _, protocol = spec.partition("/")
    protocol = protocol.lower() or "tcp"
    if protocol not in PROTOCOLS:
        raise InvalidParameter(f"invalid proto: {protocol}")
    return text, protocol


def _parse_range(text: str, spec: str) -> tuple[int, int]:
    first_text, dash, last_text = text.partition("-")
    try:
        first = _parse_number(first_text)
        last = _parse_number(last_text) if dash else first
    except ValueError as error:
        raise InvalidParameter(f'invalid port specification: "{spec}"') from error
    if first > last:
        raise InvalidParameter(f'invalid port specification: "{spec}": the range ends before it begins')
    return first, last


def _parse_number(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or not 0 < int(text) <= MAX_PORT:
        raise ValueError(text)
    return int(text)


def _sort_key(spec: str) -> tuple[int, str]:
    port, _, protocol = spec.partition("/")
    return (int(port) if port.isascii() and port.isdigit() else 0, protocol)
