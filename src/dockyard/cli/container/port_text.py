"""Ports of a container in one line: `0.0.0.0:8000-8002->8000-8002/tcp, 53/udp`."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any


def displayed(ports: Iterable[Any]) -> str:
    """The text for the API's ports. Neighbours with equal numbers inside and outside are joined to ranges."""
    ordered = sorted(
        ports, key=lambda port: (port["PrivatePort"], port.get("IP", ""), port.get("PublicPort", 0), port["Type"])
    )
    finished: list[str] = []
    mapped: list[str] = []
    groups: dict[tuple[str, str], list[int]] = {}
    for port in ordered:
        number, address, kind = port["PrivatePort"], port.get("IP", ""), port["Type"]
        if address and port.get("PublicPort") != number:
            mapped.append(f"{joined(address, port.get('PublicPort', 0))}->{number}/{kind}")
            continue
        group = groups.get((address, kind))
        if group is not None and number == group[1] + 1:
            group[1] = number
            continue
        if group is not None:
            finished.append(_group(address, kind, group))
        groups[(address, kind)] = [number, number]
    finished.extend(_group(address, kind, group) for (address, kind), group in groups.items())
    return ", ".join([*finished, *mapped])


def joined(address: str, port: object) -> str:
    """`address:port`, with brackets around an IPv6 address."""
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def _group(address: str, kind: str, group: list[int]) -> str:
    first, last = group
    numbers = str(first) if first == last else f"{first}-{last}"
    return f"{joined(address, numbers)}->{numbers}/{kind}" if address else f"{numbers}/{kind}"
