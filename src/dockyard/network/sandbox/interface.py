"""A link inside a sandbox: its addresses, its kernel parameters, up. The same for all drivers.

Two requests where the network has IPv4 only and nothing special is asked for; the thread that enters the sandbox is
needed for parameters alone, which only a thread inside can write.
"""

import re
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Final

from dockyard.errors import InvalidParameter, SystemFailure
from dockyard.linux import network_namespace
from dockyard.linux.netlink import address, link
from dockyard.network.attachment import Attachment
from dockyard.network.ipam.subnets import broadcast_of
from dockyard.network.sandbox.sandboxes import Sandbox

SYSCTLS: Final = "com.docker.network.endpoint.sysctls"
NAME: Final = "com.docker.network.endpoint.ifname"
_SYSCTL: Final = re.compile(
    r"net\.(?P<family>ipv4|ipv6|mpls)\.(?P<group>[a-z]+)\.(?:IFNAME|ifname)\.(?P<name>[a-z0-9_]+)=(?P<value>[^,/]*)"
)
_INTERFACE: Final = re.compile(r"[^\s/:]{1,15}")


def configure(sandbox: Sandbox, attachment: Attachment, *, present: str = "", mark: str = "") -> None:
    """Give the link `attachment.interface` of the sandbox what the attachment says, and bring it up.

    Args:
        sandbox: open.
        attachment: addresses, name, and options.
        present: name that the link has, where it isn't that of the attachment yet.
        mark: free text for `ip link`, by which a later daemon knows it.

    Raises:
        OSError: the kernel refuses.
        SystemFailure: a parameter can't be set.
    """
    index = link.parse(sandbox.route.query(link.get_by_name(present or attachment.interface))).link_index
    if present:
        sandbox.route.transact(link.rename(index, attachment.interface), link.set_alias(index, mark))
    steps: list[bytes] = []
    if attachment.ipv4:
        broadcast = broadcast_of(attachment.ipv4, attachment.prefix_length)
        steps.append(address.add(index, attachment.ipv4, attachment.prefix_length, broadcast))
    if attachment.ipv6:
        steps.append(address.add(index, attachment.ipv6, attachment.ipv6_prefix_length))
    steps += [address.add(index, one, 64 if ":" in one else 16) for one in attachment.link_local]
    if attachment.ipv6 or any(":" in one for one in attachment.link_local):
        sandbox.run(partial(_write_all, [(f"ipv6/conf/{attachment.interface}/disable_ipv6", "0")]))
    wanted = dict(attachment.driver_opts).get(SYSCTLS, "")
    if wanted:
        parameters = [(path.replace("IFNAME", attachment.interface), value) for path, value in parse_sysctls(wanted)]
        sandbox.run(partial(_write_all, parameters))
    sandbox.route.transact(*steps, link.set_up(index))


def parse_sysctls(text: str) -> list[tuple[str, str]]:
    """Paths below /proc/sys/net, with IFNAME in the place of the link, and values.

    Raises:
        InvalidParameter: one isn't a parameter of a link; in Docker's words.
    """
    found = []
    for sysctl in text.split(","):
        match = _SYSCTL.fullmatch(sysctl)
        if match is None:
            raise InvalidParameter(
                f"unrecognised network interface sysctl '{sysctl}'; represent 'net.X.Y.ethN.Z=V' as "
                "'net.X.Y.IFNAME.Z=V', 'X' must be 'ipv4', 'ipv6' or 'mpls'"
            )
        found.append((f"{match['family']}/{match['group']}/IFNAME/{match['name']}", match["value"]))
    return found


def parse_name(text: str) -> str:
    """The name that a user wants for a link.

    Raises:
        InvalidParameter: the kernel takes no such name.
    """
    if not _INTERFACE.fullmatch(text) or text in (".", "..", "all", "default", "lo"):
        raise InvalidParameter(f"invalid interface name: {text!r}")
    return text


def interface_name(driver_opts: Mapping[str, str], prefix: str, taken: Iterable[str]) -> str:
    """The name for a new link in a sandbox: the one that the user wants, or the first free one of the prefix.

    Raises:
        InvalidParameter: the kernel takes no such name, or the sandbox has it already.
    """
    names = set(taken)
    wanted = driver_opts.get(NAME, "")
    if wanted:
        if wanted in names:
            raise InvalidParameter(f"interface name {wanted} is already in use in the container")
        return parse_name(wanted)
    number = 0
    while f"{prefix}{number}" in names:
        number += 1
    return f"{prefix}{number}"


def _write_all(parameters: Iterable[tuple[str, str]]) -> None:
    for path, value in parameters:
        try:
            network_namespace.write_sysctl(path, value)
        except OSError as error:
            raise SystemFailure(f"failed to set sysctl net/{path}={value}: {error.strerror}") from error
