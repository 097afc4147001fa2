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
_INVALID: Final = -1


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


@dataclass(frozen=True, slots=True)
class Behind:
    """The file of a container that asks a resolver of ours, and what that has to know.

    Attributes:
        text: the file.
        servers: to forward to: address, and whether it is asked from the host's namespace.
        ndots_set: whether `ndots` is set above 0, by the user or on the host.
    """

    text: str
    servers: tuple[tuple[str, bool], ...]
    ndots_set: bool


def resolver_conf(
    host: ResolvConf,
    resolver: str,
    *,
    dns: Sequence[str] = (),
    dns_search: Sequence[str] = (),
    dns_options: Sequence[str] = (),
    ipv6: bool = False,
) -> Behind:
    """The file of a container whose only server is `resolver`; arguments and errors as of `resolv_conf_text`.

    The host's servers that a container can't reach, on the host's loopback or by IPv6, are asked from the host. The
    option ndots:0 is added, so that a container's name is asked for before search domains are tried.
    """
    if dns:
        servers = tuple((_checked_server(server), False) for server in dns)
    else:
        usable = [server for server in host.servers if _is_address(server)]
        servers = tuple((server, not _reachable(server, ipv6)) for server in usable)
    valid = [option for option in (tuple(dns_options) or host.options) if _ndots(option) != _INVALID]
    ndots = [number for option in valid if (number := _ndots(option)) is not None]
    text = resolv_conf_text(
        ResolvConf((), host.search, (), host.others),
        dns=(resolver,),
        dns_search=dns_search,
        dns_options=valid if ndots else [*valid, "ndots:0"],
    )
    return Behind(text, servers or tuple((server, False) for server in DEFAULT_SERVERS), bool(ndots and ndots[-1] > 0))


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


def _is_address(server: str) -> bool:
    try:
        ip_address(server.partition("%")[0])
    except ValueError:
        return False
    return True


def _ndots(option: str) -> int | None:
    """The number of an option `ndots:N`; None for another option, _INVALID where it has no number."""
    name, _, value = option.partition(":")
    if name != "ndots":
        return None
    return int(value) if value.isascii() and value.isdigit() else _INVALID


def _reachable(server: str, ipv6: bool) -> bool:
    """Whether a container reaches the host's server; a link's zone ("%eth0") means nothing to it."""
    if not _is_address(server) or "%" in server:
        return False
    address = ip_address(server)
    return not address.is_loopback and (ipv6 or address.version == 4)
