"""`-p` and `--expose`: ports and ranges of ports.

-p [[address:][port[-port]]:]port[-port][/tcp|udp|sctp]          --expose port[-port][/proto]
"""

from __future__ import annotations

from dockyard.cli.flags.kinds import is_address, unsigned16
from dockyard.errors import InvalidParameter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

_PROTOCOLS = ("tcp", "udp", "sctp")


def published(specs: Iterable[str]) -> dict[str, list[dict[str, str]]]:
    """PortBindings of the API: for each `port/proto` of the container where it is published."""
    bindings: dict[str, list[dict[str, str]]] = {}
    for spec in specs:
        for port, binding in _published(spec):
            bindings.setdefault(port, []).append(binding)
    return bindings


def _published(spec: str) -> list[tuple[str, dict[str, str]]]:
    rest, _, protocol = spec.rpartition("/") if "/" in spec else (spec, "", "tcp")
    address, host_ports, container_ports = _split(rest)
    if address.startswith("[") and address.endswith("]"):
        address = address[1:-1]
    if address and not is_address(address):
        raise InvalidParameter(f"invalid IP address: {address}")
    if not container_ports:
        raise InvalidParameter(f"no port specified: {spec}<empty>")
    first, last = _range(container_ports, f"invalid containerPort: {container_ports}")
    host_first, host_last = (0, 0)
    if host_ports:
        host_first, host_last = _range(host_ports, f"invalid hostPort: {host_ports}")
        if last - first != host_last - host_first and last != first:
            raise InvalidParameter(
                f"invalid ranges specified for container and host Ports: {container_ports} and {host_ports}"
            )
    if protocol.lower() not in _PROTOCOLS:
        raise InvalidParameter(f"invalid proto: {protocol}")
    found = []
    for number in range(first, last + 1):
        host_port = str(host_first + number - first) if host_ports else ""
        if host_ports and first == last and host_first != host_last:
            host_port = f"{host_first}-{host_last}"
        found.append((f"{number}/{protocol.lower()}", {"HostIp": address, "HostPort": host_port}))
    return found


def _split(text: str) -> tuple[str, str, str]:
    parts = text.split(":")
    if len(parts) == 1:
        return "", "", parts[0]
    if len(parts) == 2:
        return "", parts[0], parts[1]
    return ":".join(parts[:-2]), parts[-2], parts[-1]


def _range(text: str, message: str) -> tuple[int, int]:
    start, dash, end = text.partition("-")
    try:
        first = unsigned16(start)
        last = unsigned16(end) if dash else first
    except ValueError:
        raise InvalidParameter(message) from None
    if last < first:
        raise InvalidParameter(message)
    return first, last


def exposed(specs: Iterable[str], bindings: Iterable[str]) -> dict[str, dict[str, str]]:
    """ExposedPorts of the API: what is published, and what --expose names."""
    ports: dict[str, dict[str, str]] = {port: {} for port in bindings}
    for spec in specs:
        if ":" in spec:
            raise InvalidParameter(f"invalid port format for --expose: {spec}")
        text, slash, protocol = spec.partition("/")
        start, dash, end = text.partition("-")
        try:
            first = unsigned16(start)
            last = unsigned16(end) if dash else first
            if last < first:
                raise ValueError(f"invalid range specified for port: {text}")
        except ValueError as error:
            raise InvalidParameter(f"invalid range format for --expose: {text}, error: {error}") from None
        if slash and protocol.lower() not in _PROTOCOLS:
            raise InvalidParameter(f"invalid proto: {protocol}")
        for number in range(first, last + 1):
            ports[f"{number}/{protocol.lower() or 'tcp'}"] = {}
    return ports
