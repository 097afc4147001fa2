"""Text of /etc/resolv.conf: the host's, made fit for a container, with what the user asked for in its place.

A name server on the host's loopback can't be reached from a container's namespace, nor one with an IPv6 address from a
network without IPv6: both are left out, and when none is left, public ones are used, as Docker does. Where the host's
only server is systemd-resolved's stub, the servers behind it are used.

https://man7.org/linux/man-pages/man5/resolv.conf.5.html
https://docs.docker.com/engine/network/#dns-services
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final

from dockyard.errors import InvalidParameter, SystemFailure

DEFAULT_SERVERS: Final = ("8.8.8.8", "8.8.4.4")
HOST_FILE: Final = "/etc/resolv.conf"
SYSTEMD_FILE: Final = "/run/systemd/resolve/resolv.conf"
_SYSTEMD_STUB: Final = "127.0.0.53"


@dataclass(frozen=True, slots=True)
class ResolvConf:
    """What a resolv.conf says: servers, search domains, options, and lines of other kinds, kept as they are."""

    servers: tuple[str, ...] = ()
    search: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    others: tuple[str, ...] = ()


def parse(text: str) -> ResolvConf:
    """Read a resolv.conf. As the C library does: of several `search` or `domain` lines the last counts."""
    servers: list[str] = []
    search: tuple[str, ...] = ()
    options: list[str] = []
    others: list[str] = []
    for line in text.splitlines():
        words = line.split()
        if not words or words[0][0] in "#;":
            continue
        if words[0] == "nameserver":
            servers += words[1:2]
        elif words[0] in ("search", "domain"):
            search = tuple(words[1:])
        elif words[0] == "options":
            options += words[1:]
        else:
            others.append(line.strip())
    return ResolvConf(tuple(servers), search, tuple(options), tuple(others))


def resolv_conf_text(
    host: ResolvConf,
    *,
    dns: Sequence[str] = (),
    dns_search: Sequence[str] = (),
    dns_options: Sequence[str] = (),
    own_namespace: bool = True,
    ipv6: bool = False,
) -> str:
    """The file of a container.

    Args:
        host: what the host's file says.
        dns: servers to use instead of the host's (`--dns`).
        dns_search: search domains instead of the host's; a single "." is none.
        dns_options: options instead of the host's.
        own_namespace: whether the container has a network of its own, from which the host's loopback is out of reach.
        ipv6: whether that network has IPv6.

    Raises:
        InvalidParameter: a server isn't an address.
    """
    if dns:
        servers = [_checked_server(server) for server in dns]
    else:
        servers = [server for server in host.servers if not own_namespace or _reachable(server, ipv6)]
        if not servers and own_namespace:
            servers = list(DEFAULT_SERVERS)
    search = () if list(dns_search) == ["."] else tuple(dns_search) or host.search
    options = tuple(dns_options) or host.options
    lines = [f"nameserver {server}" for server in servers]
    if search:
        lines.append("search " + " ".join(search))
    if options:
        lines.append("options " + " ".join(options))
    return "".join(f"{line}\n" for line in (*lines, *host.others))


def read_host(read: Callable[[str], str] | None = None) -> ResolvConf:
    """What the host's resolv.conf says, or where that names systemd-resolved's stub only, the file behind it.

    A missing file says nothing.

    Raises:
        SystemFailure: it is there and can't be read.
    """
    read = read or _read
    host = parse(read(HOST_FILE))
    if set(host.servers) == {_SYSTEMD_STUB}:
        behind = parse(read(SYSTEMD_FILE))
        return behind if behind.servers else host
    return host


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise SystemFailure(f"read {path}: {os.strerror(error.errno or 0)}") from error


def _checked_server(server: str) -> str:
    try:
        ip_address(server.partition("%")[0])
    except ValueError as error:
        raise InvalidParameter(f"{server} is not an ip address") from error
    return server


def _reachable(server: str, ipv6: bool) -> bool:
    try:
        address = ip_address(server.partition("%")[0])
    except ValueError:
        return False
    return not address.is_loopback and (ipv6 or address.version == 4)
