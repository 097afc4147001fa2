"""Certificates for tests of TLS, made by the openssl program: an authority, a server's and a client's."""

import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

OPENSSL = shutil.which("openssl")


class Pair(NamedTuple):
    """Paths of a PEM certificate and its key."""

    certificate: Path
    key: Path


class Certificates(NamedTuple):
    """An authority, what it signed, and a client's that another authority signed."""

    authority: Path
    server: Pair
    client: Pair
    stranger: Pair


def make_certificates(folder: Path, *addresses: str) -> Certificates:
    """Make them in `folder`; all are for localhost, 127.0.0.1 and `addresses`. They last for two days."""
    authority, other = _authority(folder, "authority"), _authority(folder, "other")
    return Certificates(
        authority.certificate,
        _signed(folder, "server", authority, "serverAuth", *addresses),
        _signed(folder, "client", authority, "clientAuth"),
        _signed(folder, "stranger", other, "clientAuth"),
    )


def _authority(folder: Path, name: str) -> Pair:
    pair = Pair(folder / f"{name}.pem", folder / f"{name}-key.pem")
    _openssl("req", "-x509", *_new_key(pair.key), "-out", str(pair.certificate), "-subj", f"/CN={name}", "-days", "2")
    return pair


def _signed(folder: Path, name: str, authority: Pair, use: str, *addresses: str) -> Pair:
    pair = Pair(folder / f"{name}.pem", folder / f"{name}-key.pem")
    asked, extensions = folder / f"{name}.csr", folder / f"{name}.ext"
    names = ",".join(["DNS:localhost", *(f"IP:{one}" for one in ("127.0.0.1", *addresses))])
    extensions.write_text(f"subjectAltName={names}\nextendedKeyUsage={use}\n")
    _openssl("req", *_new_key(pair.key), "-out", str(asked), "-subj", f"/CN={name}")
    _openssl(
        *("x509", "-req", "-in", str(asked), "-CA", str(authority.certificate), "-CAkey", str(authority.key)),
        *("-CAcreateserial", "-out", str(pair.certificate), "-days", "2", "-extfile", str(extensions)),
    )
    return pair


def _new_key(path: Path) -> tuple[str, ...]:
    return ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", str(path))


def _openssl(*arguments: str) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True, timeout=30)
