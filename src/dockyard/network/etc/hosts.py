"""Text of /etc/hosts and /etc/hostname, as Docker writes them (hosts(5), hostname(5))."""

from collections.abc import Iterable, Sequence
from ipaddress import ip_address
from typing import Final

from dockyard.errors import InvalidParameter

HOST_GATEWAY: Final = "host-gateway"
"""In `--add-host NAME:host-gateway`: the address at which a container reaches its host."""

_ALWAYS: Final = (
    "127.0.0.1\tlocalhost\n"
    "::1\tlocalhost ip6-localhost ip6-loopback\n"
    "fe00::\tip6-localnet\n"
    "ff00::\tip6-mcastprefix\n"
    "ff02::1\tip6-allnodes\n"
    "ff02::2\tip6-allrouters\n"
)


def hosts_text(
    hostname: str,
    domainname: str = "",
    *,
    addresses: Sequence[str] = (),
    extra_hosts: Iterable[str] = (),
    host_gateways: Sequence[str] = (),
    links: Iterable[tuple[str, str]] = (),
) -> str:
    """/etc/hosts of a container with a network of its own.

    Args:
        hostname: of the container; may hold a domain.
        domainname: appended to it, "" for none.
        addresses: of the container; none for the network `none`.
        extra_hosts: of `--add-host`: "name:address", "name=address" or "name:host-gateway".
        host_gateways: the addresses that host-gateway stands for; none if there is no such address.
        links: address and names of containers that it is linked to on the default bridge.

    Raises:
        InvalidParameter: an extra host is malformed, or host-gateway is asked for and unknown.
    """
    linked = "".join(f"{address}\t{names}\n" for address, names in links)
    own = "".join(_own_lines(hostname, domainname, addresses))
    return _ALWAYS + _extra_lines(extra_hosts, host_gateways) + linked + own


def changed_hosts_text(
    text: str, hostname: str, domainname: str = "", *, gone: Sequence[str] = (), addresses: Sequence[str] = ()
) -> str:
    """/etc/hosts of a running container that has other addresses now; all other lines stay as they are.

    Args:
        text: the file as it is, with what the user wrote into it.
        hostname, domainname: of the container.
        gone: addresses that it had.
        addresses: those that it has.
    """
    dropped = set(_own_lines(hostname, domainname, gone))
    lines = [line for line in text.splitlines(keepends=True) if line not in dropped]
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    return "".join([*lines, *(line for line in _own_lines(hostname, domainname, addresses) if line not in lines)])


def relinked_hosts_text(text: str, links: Iterable[tuple[str, str]]) -> str:
    """/etc/hosts of a running container whose linked containers have these addresses now: address and names of each."""
    addresses = {names: address for address, names in links}
    lines = []
    for line in text.splitlines(keepends=True):
        _, tab, names = line.rstrip("\n").partition("\t")
        lines.append(f"{addresses[names]}\t{names}\n" if tab and names in addresses else line)
    return "".join(lines)


def extra_hosts_of(extra_hosts: Iterable[str], host_gateways: Sequence[str] = ()) -> list[tuple[str, str]]:
    """Names and addresses of `--add-host`, one for each address.

    Raises:
        InvalidParameter: as `hosts_text`.
    """
    found: list[tuple[str, str]] = []
    for text in extra_hosts:
        name, address = parse_extra_host(text)
        if address == HOST_GATEWAY and not host_gateways:
            raise InvalidParameter("unable to derive the IP value for host-gateway")
        found += [(name, each) for each in (host_gateways if address == HOST_GATEWAY else (address,))]
    return found


def shared_hosts_text(host_text: str, extra_hosts: Iterable[str] = (), host_gateways: Sequence[str] = ()) -> str:
    """/etc/hosts of a container in the host's network: the host's own, and the extra hosts.

    Raises:
        InvalidParameter: as `hosts_text`.
    """
    if host_text and not host_text.endswith("\n"):
        host_text += "\n"
    return host_text + _extra_lines(extra_hosts, host_gateways)


def hostname_text(hostname: str) -> str:
    """/etc/hostname."""
    return f"{hostname}\n"


def parse_extra_host(text: str) -> tuple[str, str]:
    """Name and address of "name:address", "name=address", "name:[v6 address]"; the address may be `host-gateway`.

    Raises:
        InvalidParameter: malformed; in Docker's words.
    """
    separator = "=" if "=" in text else ":"
    name, _, address = text.partition(separator)
    if not name or not address or any(character.isspace() for character in name):
        raise InvalidParameter(f'bad format for add-host: "{text}"')
    if address == HOST_GATEWAY:
        return name, address
    bare = address[1:-1] if address.startswith("[") and address.endswith("]") else address
    try:
        ip_address(bare)
    except ValueError as error:
        raise InvalidParameter(f'invalid IP address in add-host: "{address}"') from error
    return name, bare


def _extra_lines(extra_hosts: Iterable[str], host_gateways: Sequence[str]) -> str:
    return "".join(f"{address}\t{name}\n" for name, address in extra_hosts_of(extra_hosts, host_gateways))


def _own_lines(hostname: str, domainname: str, addresses: Sequence[str]) -> list[str]:
    full = f"{hostname}.{domainname}" if domainname else hostname
    short = full.partition(".")[0]
    names = full if short == full else f"{full} {short}"
    return [f"{address}\t{names}\n" for address in addresses]
