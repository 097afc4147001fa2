"""TLS as a client: whom Docker trusts, we trust, with every release of Python and OpenSSL."""

import ssl


def client_context(ca_file: str = "", *, verify: bool = True) -> ssl.SSLContext:
    """Settings for a connection to a server whose certificate and name are checked, unless `verify` is false.

    As Go has it: each certificate that is named is trusted for what it signed, also an intermediate one, and
    authorities without the extensions of RFC 5280 are taken. Python asks for those since 3.13, and most authorities
    that people make by a line of `openssl req -x509` haven't got them.

    Args:
        ca_file: PEM file of the only authorities to trust; without it the system's.
        verify: whether the server must prove who it is.

    Raises:
        OSError, ssl.SSLError: the file can't be read, or isn't of certificates.

    """
    context = ssl.create_default_context(cafile=ca_file or None)
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
