"""Which hosts serve a registry's images, best first: mirrors, then the registry itself.

A name's first part is a registry (`docker.io`, `gcr.io`, `localhost:5000`). What is said about it is looked for in
this order: a `hosts.toml` of its own (hosts_toml.py), daemon.json's `registry-mirrors` and `insecure-registries`, and
otherwise it is where its name says, over TLS. A registry on a loopback address, or one listed as insecure, is tried
with TLS whose certificate nobody checks, and then without TLS, as Docker does.
"""

import contextlib
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from dockyard.store.distribution.reference import DEFAULT_DOMAIN

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address

HUB = "registry-1.docker.io"
"""Where the images of docker.io are."""
LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1/128"))
ALL_VERBS = frozenset(("pull", "resolve", "push"))


@dataclass(frozen=True, slots=True)
class Host:
    """One place that serves a registry.

    `url` is scheme and authority; `path` what stands before a repository's name. `verbs`: what it may be used for:
    `resolve` a tag, `pull` a blob, `push`. `authorities`: PEM files to trust besides the system's. `identities`: pairs
    of PEM files, certificate and key, that say who we are. `namespace`: the registry that is meant, for a mirror of
    several. `own`: it is the registry itself, which may see the user's credentials.
    """

    url: str
    path: str = "/v2"
    verbs: frozenset[str] = ALL_VERBS
    verify: bool = True
    authorities: tuple[str, ...] = ()
    identities: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    namespace: str = ""
    own: bool = True

    @property
    def base(self) -> str:
        """The URL that every request begins with, without a slash at its end."""
        return self.url + self.path


@dataclass(frozen=True, slots=True)
class HostsConfig:
    """What the administrator said about registries.

    `mirrors`: URLs by registry. `insecure_hosts`: `host[:port]` in lower case. `directories`: each may hold a directory
    for a registry with certificates and a hosts.toml, the first that does counts.
    """

    mirrors: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    insecure_hosts: frozenset[str] = frozenset()
    insecure_networks: tuple[Network, ...] = ()
    directories: tuple[str, ...] = ()


def default_authority(domain: str) -> str:
    """Host and port at which the registry `domain` is served when nobody says otherwise."""
    return HUB if domain == DEFAULT_DOMAIN else domain


def host_name(authority: str) -> str:
    """The host of `host[:port]`, without the brackets of an IPv6 address."""
    return urlsplit(f"//{authority}").hostname or ""


def is_insecure(authority: str, config: HostsConfig, addresses: tuple[Address, ...] = ()) -> bool:
    """Whether `host[:port]` may be spoken to without a certificate that holds. `addresses`: what its name means."""
    name = host_name(authority)
    if authority.lower() in config.insecure_hosts or name in config.insecure_hosts or name == "localhost":
        return True
    with contextlib.suppress(ValueError):
        addresses = (*addresses, ipaddress.ip_address(name))
    networks = (*LOOPBACK, *config.insecure_networks)
    return any(
        address.version == network.version and address in network for address in addresses for network in networks
    )


def plan_hosts(
    domain: str,
    config: HostsConfig,
    *,
    insecure: frozenset[str],
    authorities: Mapping[str, tuple[str, ...]],
    identities: Mapping[str, tuple[tuple[str, str], ...]],
) -> list[Host]:
    """The hosts of `domain` as daemon.json has them. `insecure`, `authorities`, `identities`: what is known of each
    `host[:port]` that may be asked."""
    found: list[Host] = []
    for mirror in config.mirrors.get(domain, ()):
        url = urlsplit(mirror)
        found.append(
            Host(
                f"{url.scheme}://{url.netloc}",
                verbs=frozenset(("pull", "resolve")),
                verify=url.netloc not in insecure,
                authorities=authorities.get(url.netloc, ()),
                identities=identities.get(url.netloc, ()),
                namespace="" if domain == DEFAULT_DOMAIN else domain,
                own=False,
            )
        )
    own = default_authority(domain)
    secure = Host(
        f"https://{own}",
        verify=own not in insecure,
        authorities=authorities.get(own, ()),
        identities=identities.get(own, ()),
    )
    return [*found, secure, *([Host(f"http://{own}")] if own in insecure else [])]


def asked(domain: str, config: HostsConfig) -> list[str]:
    """Each `host[:port]` that `plan_hosts` may name."""
    mirrors = (urlsplit(mirror).netloc for mirror in config.mirrors.get(domain, ()))
    return list(dict.fromkeys((*mirrors, default_authority(domain))))
