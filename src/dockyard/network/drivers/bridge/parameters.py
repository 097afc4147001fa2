"""The kernel's parameters that a bridge with NAT needs. Where /proc/sys is read-only, what is set there must do.

https://docs.kernel.org/networking/ip-sysctl.html
"""

import os
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from dockyard.linux.network_namespace import write_sysctl

_FORWARDING: Final = "/proc/sys/net/ipv4/ip_forward"
_IPV6: Final = "/proc/sys/net/ipv6/conf"


def switch_on_forwarding(guard: Callable[[], None] | None) -> None:
    """Let the host forward packets between its links; a host that does so already is left as it is.

    Args:
        guard: called before, so that the host doesn't become everybody's router; None where there are no rules.

    Raises:
        DockyardError: of the guard; then forwarding stays off.
    """
    try:
        with open(_FORWARDING, "rb") as file:
            if file.read(1) == b"1":
                return
    except OSError:
        return
    if guard is not None:
        guard()
    with suppress(OSError):
        write_sysctl("ipv4/ip_forward", "1")


def allow_loopback_addresses(link: str) -> None:
    """Let packets from 127.0.0.1 leave by the link, to containers behind published ports.

    Precondition: the firewall drops loopback addresses that come from the link. Without that, containers reach what
    listens on the host's 127.0.0.1 only.
    """
    with suppress(OSError):
        write_sysctl(f"ipv4/conf/{link}/route_localnet", "1")


def answer_for_ports_apart(link: str) -> None:
    """Have the bridge answer for containers that its ports are isolated from, so that packets come to the firewall.

    Where containers don't reach each other, links (`--link`) open ports between two of them: a matter of the firewall,
    not of ports of a bridge. proxy_arp_pvlan is made for that (RFC 3069).
    """
    with suppress(OSError):
        write_sysctl(f"ipv4/conf/{link}/proxy_arp_pvlan", "1")
        write_sysctl(f"ipv4/conf/{link}/send_redirects", "0")


def refuse_router_advertisements(link: str) -> None:
    """Let no container make itself the host's IPv6 router (CVE-2020-13401): the bridge takes no advertisements."""
    with suppress(OSError):  # also where there is no IPv6
        write_sysctl(f"ipv6/conf/{link}/accept_ra", "0")


def allow_ipv6(link: str) -> None:
    """Let the link have IPv6 addresses, where the host has switched that off for new links."""
    with suppress(OSError):
        write_sysctl(f"ipv6/conf/{link}/disable_ipv6", "0")


def switch_on_ipv6_forwarding(guard: Callable[[], None] | None) -> None:
    """Let the host forward IPv6 packets; a host that does so already is left as it is. See `switch_on_forwarding`.

    A host that forwards takes no advertisements of routers any more, and would lose its own way out: links that take
    them now are told to go on (accept_ra = 2).
    """
    try:
        with open(f"{_IPV6}/all/forwarding", "rb") as file:
            if file.read(1) == b"1":
                return
        links = os.listdir(_IPV6)
    except OSError:
        return  # no IPv6 on this host
    if guard is not None:
        guard()
    for link in links:
        if link in ("all", "default", "lo"):
            continue
        with suppress(OSError), open(f"{_IPV6}/{link}/accept_ra", "r+b", buffering=0) as file:
            if file.read(1) == b"1":
                file.seek(0)  # the kernel takes no value that is written further on (sysctl_writes_strict)
                file.write(b"2")
    for scope in ("default", "all"):
        with suppress(OSError):
            write_sysctl(f"ipv6/conf/{scope}/forwarding", "1")
