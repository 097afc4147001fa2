"""A container's hostname, hosts and resolv.conf, which lie in its folder and are mounted over those of its image.

At each start they are written anew, as Docker does. While the container runs, only what changed is changed, in place,
because the file that is mounted is the inode; resolv.conf not at all once somebody has edited it, which its checksum
tells, that lies beside it.
"""

import hashlib
import logging
import os
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from dockyard.engine.config import DaemonConfig
from dockyard.engine.containers.collection import Collection
from dockyard.engine.containers.links import parse_link
from dockyard.engine.containers.record import Container
from dockyard.fs.archive.source import write_all
from dockyard.fs.atomic import write_once
from dockyard.network.attachment import BRIDGE, BridgeInfo
from dockyard.network.companion.directory import Settings
from dockyard.network.etc.hosts import (
    changed_hosts_text,
    extra_hosts_of,
    hostname_text,
    hosts_text,
    relinked_hosts_text,
    shared_hosts_text,
)
from dockyard.network.etc.resolv_conf import Behind, read_host, resolv_conf_text, resolver_conf
from dockyard.network.resolver.values import ADDRESS, Server

_log: Final = logging.getLogger(__name__)

_MOST_BYTES: Final = 1 << 20
"""A larger file is the container's own doing, and left alone."""


class EtcFiles:
    """Writes them; for any thread, but for one container one at a time."""

    def __init__(self, daemon: DaemonConfig, collection: Collection, bridge: Callable[[], BridgeInfo]) -> None:
        self._daemon = daemon
        self._collection = collection
        self._bridge = bridge

    def write(self, record: Container) -> None:
        """All three, for a container that is about to start and has its endpoints."""
        config = record.config
        # Nobody reads them now, and what a killed daemon left torn, the next start writes again.
        write_once(record.hostname_path, hostname_text(config.hostname).encode(), mode=0o644)
        write_once(record.hosts_path, self._hosts(record).encode(errors="surrogateescape"), mode=0o644)
        text = self._resolv_conf(record).encode(errors="replace")
        write_once(record.resolv_conf_path, text, mode=0o644)
        _remember(record.resolv_conf_path, text)

    def change(self, record: Container, before: Container) -> None:
        """Hosts and resolv.conf of a running container whose endpoints aren't those of `before` any more.

        A repeat, with the same record for both, mends what a killed daemon left undone.
        """
        addresses = _addresses(record)
        gone = [address for address in _addresses(before) if address not in addresses]
        text = _read(record.hosts_path)
        if text is not None:
            config = record.config
            changed = changed_hosts_text(text, config.hostname, config.domainname, gone=gone, addresses=addresses)
            if changed != text:
                _overwrite(record.hosts_path, changed.encode(errors="surrogateescape"))
        if _asks_resolver(record) and not _is_edited(record.resolv_conf_path):
            wanted = self._resolv_conf(record).encode(errors="replace")
            if _read(record.resolv_conf_path) != wanted.decode():
                _overwrite(record.resolv_conf_path, wanted)
                _remember(record.resolv_conf_path, wanted)

    def names(self, record: Container) -> Settings:
        """What the container's resolver has to know of it."""
        behind = self._behind(record)
        return Settings(
            servers=tuple(Server(address, from_host) for address, from_host in behind.servers),
            hosts=tuple(extra_hosts_of(record.host_config.extra_hosts or (), self._gateways())),
            ndots_set=behind.ndots_set,
        )

    def _hosts(self, record: Container) -> str:
        host, config = record.host_config, record.config
        if host.network_mode == "host":
            return shared_hosts_text(_read("/etc/hosts") or "", host.extra_hosts or (), self._gateways())
        return hosts_text(
            config.hostname,
            config.domainname,
            addresses=_addresses(record),
            extra_hosts=host.extra_hosts or (),
            host_gateways=self._gateways(),
            links=self._links(record),
        )

    def relink(self, record: Container) -> None:
        """Hosts of a running container that is linked to one which has another address now."""
        text = _read(record.hosts_path)
        if text is not None:
            changed = relinked_hosts_text(text, self._links(record))
            if changed != text:
                _overwrite(record.hosts_path, changed.encode(errors="surrogateescape"))

    def _links(self, record: Container) -> list[tuple[str, str]]:
        """Containers on the default bridge are found by what the file says, having no resolver to ask."""
        if not record.host_config.links or not any(endpoint.network == BRIDGE for endpoint in record.attachments):
            return []
        by_name = {entry.record.name: entry.record for entry in self._collection}
        found: list[tuple[str, str]] = []
        for link in map(parse_link, record.host_config.links):
            other = by_name.get(link.target)
            if other is not None:
                names = " ".join(dict.fromkeys((link.alias, other.config.hostname, other.name)))
                found += [(one.ipv4, names) for one in other.attachments if one.network == BRIDGE and one.ipv4]
        return found

    def _resolv_conf(self, record: Container) -> str:
        if _asks_resolver(record):
            return self._behind(record).text
        host = record.host_config
        return resolv_conf_text(
            read_host(),
            dns=host.dns or self._daemon.dns,
            dns_search=host.dns_search or self._daemon.dns_search,
            dns_options=host.dns_options or self._daemon.dns_options,
            own_namespace=host.network_mode != "host",
            ipv6=_has_ipv6(record),
        )

    def _behind(self, record: Container) -> Behind:
        host = record.host_config
        return resolver_conf(
            read_host(),
            ADDRESS,
            dns=host.dns or self._daemon.dns,
            dns_search=host.dns_search or self._daemon.dns_search,
            dns_options=host.dns_options or self._daemon.dns_options,
            ipv6=_has_ipv6(record),
        )

    def _gateways(self) -> tuple[str, ...]:
        return tuple(self._daemon.host_gateway_ips) or tuple(filter(None, (self._bridge().address,)))


def _addresses(record: Container) -> list[str]:
    return [address for endpoint in record.attachments for address in (endpoint.ipv4, endpoint.ipv6) if address]


def _asks_resolver(record: Container) -> bool:
    return any(endpoint.dns_names for endpoint in record.attachments)


def _has_ipv6(record: Container) -> bool:
    return any(endpoint.ipv6 for endpoint in record.attachments)


def _is_edited(path: str) -> bool:
    """Whether the file isn't what we wrote last; one that we don't remember to have written isn't, to us."""
    remembered, text = _read(f"{path}.hash"), _read(path)
    return bool(remembered) and text is not None and _checksum(text.encode(errors="surrogateescape")) != remembered


def _remember(path: str, text: bytes) -> None:
    write_once(f"{path}.hash", _checksum(text).encode(), mode=0o644)  # a torn one is empty: nothing remembered


def _checksum(text: bytes) -> str:
    return f"sha256:{hashlib.sha256(text).hexdigest()}"


def _read(path: str) -> str | None:
    """None where there is none, or one that is too large."""
    with suppress(OSError), open(path, "rb") as file:
        text = file.read(_MOST_BYTES + 1)
        if len(text) <= _MOST_BYTES:
            return text.decode(errors="surrogateescape")
        _log.warning("%s has grown too large to be changed", path)
    return None


def _overwrite(path: str, text: bytes) -> None:
    """Change the file that is there; shortened last, so that it is never empty."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            write_all(descriptor, text)
            os.ftruncate(descriptor, len(text))
        finally:
            os.close(descriptor)
    except OSError as error:
        _log.warning("%s: %s", path, error)
