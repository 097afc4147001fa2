"""TLS as a client: who is trusted."""

import ssl
from pathlib import Path

import pytest
from tests.support.certificates import OPENSSL, Certificates, Pair, make_certificates

from dockyard.wire.tls_client import client_context

pytestmark = pytest.mark.skipif(OPENSSL is None, reason="needs openssl")


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("certificates"))


def shake_hands(context: ssl.SSLContext, pair: Pair, name: str = "localhost") -> None:
    """A handshake in memory with a server that has `pair`. ssl.SSLError as the client sees it."""
    served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    served.load_cert_chain(*pair)
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = context.wrap_bio(down, up, server_hostname=name)
    server = served.wrap_bio(up, down, server_side=True)
    waiting = [client, server]
    while waiting:
        for side in tuple(waiting):
            try:
                side.do_handshake()
                waiting.remove(side)
            except ssl.SSLWantReadError:
                continue


def test_an_authority_and_what_it_signed(certificates: Certificates) -> None:
    """The authority has no key identifiers, as `openssl req -x509` makes them and Python's strict check refuses."""
    shake_hands(client_context(str(certificates.authority)), certificates.server)


def test_a_certificate_that_is_trusted_itself(certificates: Certificates) -> None:
    shake_hands(client_context(str(certificates.server.certificate)), certificates.server)


@pytest.mark.parametrize("who", ["stranger", "other name"])
def test_nobody_else_is(certificates: Certificates, who: str) -> None:
    pair, name = (certificates.stranger, "localhost") if who == "stranger" else (certificates.server, "example.org")
    context = client_context(str(certificates.authority))
    with pytest.raises(ssl.SSLCertVerificationError):
        shake_hands(context, pair, name)
    shake_hands(client_context(str(certificates.authority), verify=False), pair, name)


def test_a_file_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("nothing")
    with pytest.raises(ssl.SSLError):
        client_context(str(tmp_path / "ca.pem"))
    with pytest.raises(FileNotFoundError):
        client_context(str(tmp_path / "missing.pem"))
