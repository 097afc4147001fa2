"""certs.d/<host[:port]>/: whom to trust there, and who we are. Docker's files:

    *.crt              authorities
    *.cert and *.key   a client certificate and its key, of the same name

https://docs.docker.com/engine/security/certificates/
"""

import os
import ssl
from collections.abc import Sequence
from functools import lru_cache

from dockyard.errors import InvalidParameter, SystemFailure
from dockyard.store.distribution.registry.hosts import Host
from dockyard.wire.tls_client import client_context

Identities = tuple[tuple[str, str], ...]


def directory_of(authority: str, directories: Sequence[str]) -> str | None:
    """The directory for `host[:port]`, in containerd's spelling (`host_port_`) or Docker's; None when there is none."""
    name, colon, port = authority.rpartition(":")
    spellings = ([f"{name}_{port}_"] if colon and port.isdigit() else []) + [authority]
    for root in directories:
        for spelling in spellings:
            path = os.path.join(root, spelling)
            if os.path.isdir(path):
                return path
    return None


def read_directory(path: str) -> tuple[tuple[str, ...], Identities]:
    """Authorities and identities in a directory. Raises InvalidParameter for one half of a pair."""
    authorities, identities = [], []
    try:
        names = sorted(os.listdir(path))
    except OSError as error:
        raise SystemFailure(f"open {path}: {(error.strerror or '').lower()}") from error
    for name in names:
        stem, suffix = os.path.splitext(name)
        whole = os.path.join(path, name)
        if suffix == ".crt":
            authorities.append(whole)
        elif suffix == ".cert":
            if f"{stem}.key" not in names:
                raise InvalidParameter(
                    f"missing key {stem}.key for client certificate {name}. CA certificates must use the extension .crt"
                )
            identities.append((whole, os.path.join(path, f"{stem}.key")))
        elif suffix == ".key" and f"{stem}.cert" not in names:
            raise InvalidParameter(f"missing client certificate {stem}.cert for key {name}")
    return tuple(authorities), tuple(identities)


def context_for(host: Host) -> ssl.SSLContext:
    """The TLS settings for `host`, made anew when one of its files changes. Raises InvalidParameter for bad files."""
    files = (*host.authorities, *(name for pair in host.identities for name in pair))
    try:
        changed = tuple(os.stat(name).st_mtime_ns for name in files)
    except OSError as error:
        raise InvalidParameter(f"open {error.filename}: {(error.strerror or '').lower()}") from error
    return _context(host.verify, host.authorities, host.identities, changed)


@lru_cache(maxsize=64)
def _context(
    verify: bool,
    authorities: tuple[str, ...],
    identities: Identities,
    changed: tuple[int, ...],  # noqa: ARG001  part of the cache's key
) -> ssl.SSLContext:
    context = client_context(verify=verify)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    for name in authorities:
        try:
            context.load_verify_locations(name)
        except (OSError, ValueError) as error:
            raise InvalidParameter(f"failed to load CA certificate {name}: {error}") from error
    for certificate, key in identities:
        try:
            context.load_cert_chain(certificate, key)
        except (OSError, ValueError) as error:
            raise InvalidParameter(f"failed to load client certificate {certificate}: {error}") from error
    return context
