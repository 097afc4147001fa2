"""`--subnet`, `--ip-range`, `--gateway` and `--aux-address` of `network create`, put together to blocks of addresses.

Each flag may be given several times, in any order: what belongs together is found by what lies in what.

https://docs.docker.com/reference/cli/docker/network/create/#specify-advanced-options
"""

from __future__ import annotations

from dockyard.errors import InvalidParameter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from ipaddress import IPv4Network, IPv6Network
    from typing import Any

    Network = IPv4Network | IPv6Network


def address_blocks(
    subnets: Sequence[str], ranges: Sequence[str], gateways: Sequence[str], auxiliary: Mapping[str, str]
) -> list[dict[str, Any]]:
    """The API's `IPAM.Config`. Raises InvalidParameter, in Docker's words, for what belongs to no subnet."""
    if len(subnets) < len(ranges) or len(subnets) < len(gateways):
        raise InvalidParameter("every ip-range or gateway must have a corresponding subnet")
    blocks: list[tuple[Network | None, dict[str, Any]]] = []
    for text in subnets:
        subnet = _network(text)
        if any(_overlap(other, subnet) for other, _ in blocks):
            raise InvalidParameter("multiple overlapping subnet configuration is not supported")
        blocks.append((subnet, {"Subnet": text}))
    for text in ranges:
        block = _block_of(blocks, text.partition("/")[0], f"no matching subnet for range {text}")
        if "IPRange" in block:
            raise InvalidParameter(
                f"cannot configure multiple ranges ({text}, {block['IPRange']}) on the same subnet ({block['Subnet']})"
            )
        block["IPRange"] = text
    for text in gateways:
        block = _block_of(blocks, text, f"no matching subnet for gateway {text}")
        if "Gateway" in block:
            raise InvalidParameter(
                f"cannot configure multiple gateways ({text}, {block['Gateway']}) "
                f"for the same subnet ({block['Subnet']})"
            )
        block["Gateway"] = text
    for name, text in auxiliary.items():
        block = _block_of(blocks, text, f"no matching subnet for aux-address {text}")
        block.setdefault("AuxiliaryAddresses", {})[name] = text
    return [block for _, block in blocks]


def _block_of(blocks: Sequence[tuple[Network | None, dict[str, Any]]], text: str, otherwise: str) -> dict[str, Any]:
    from ipaddress import ip_address  # not for verbs that don't need it

    try:
        address = ip_address(text)
    except ValueError:
        raise InvalidParameter(f"invalid address {text}") from None
    for subnet, block in blocks:
        if subnet is not None and address in subnet:
            return block
    raise InvalidParameter(otherwise)


def _overlap(one: Network | None, other: Network | None) -> bool:
    return one is not None and other is not None and one.version == other.version and one.overlaps(other)


def _network(text: str) -> Network | None:
    """None for what is no network: the daemon has the words for it."""
    from ipaddress import ip_network

    try:
        return ip_network(text, strict=False)
    except ValueError:
        return None
