"""aiohttp's exceptions in the words that Go's programs print, which administrators search for."""

import errno
import os
import re
import ssl

import aiohttp

from dockyard.store.distribution.registry.failures import Unreachable

_CALL_FAILED = re.compile(r"Connect call failed \('([^']+)', (\d+)")
_ALERT = re.compile(r"\[SSL: [A-Z0-9_]*ALERT[A-Z0-9_]*\] [a-z0-9]+ alert ([a-z ]+)")
_VERIFY = {
    9: "x509: certificate has expired or is not yet valid",
    10: "x509: certificate has expired or is not yet valid",
    18: "x509: certificate signed by unknown authority",
    19: "x509: certificate signed by unknown authority",
    20: "x509: certificate signed by unknown authority",
    21: "x509: certificate signed by unknown authority",
}
_PLAIN_HTTP = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "PACKET_LENGTH_TOO_LONG", "RECORD_LAYER_FAILURE")
_LASTING = frozenset((errno.ECONNREFUSED, errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EACCES, errno.EPERM))


def unreachable(error: BaseException, method: str, url: str) -> Unreachable:
    """The failure of a request. It is `passing` unless a second try would certainly end the same way."""
    alert = _ALERT.search(str(error))
    reason, passing = (f"remote error: tls: {alert[1]}", False) if alert else _reason(error)
    return Unreachable(f'{method.capitalize()} "{url}": {reason}', passing=passing, spoke_tls=alert is not None)


def cut_off(error: BaseException) -> Unreachable:
    """The failure of a body that stopped before its end."""
    if isinstance(error, TimeoutError):
        return Unreachable("net/http: timeout while reading body", passing=True)
    if isinstance(error, OSError) and error.errno == errno.ECONNRESET:
        return Unreachable("read: connection reset by peer", passing=True)
    return Unreachable("unexpected EOF", passing=True)


def _reason(error: BaseException) -> tuple[str, bool]:
    match error:
        case aiohttp.ClientConnectorCertificateError():
            return f"tls: failed to verify certificate: {_certificate(error.certificate_error)}", False
        case aiohttp.ClientConnectorDNSError():
            return f"dial tcp: lookup {error.host}: no such host", False
        case aiohttp.ClientSSLError():
            return _tls(error.os_error), False
        case aiohttp.ClientHttpProxyError():
            return f"proxyconnect tcp: {error.status} {error.message}", False
        case aiohttp.ClientProxyConnectionError():
            return f"proxyconnect tcp: {_dial(error)}", error.os_error.errno not in _LASTING
        case aiohttp.ClientConnectorError():
            return _dial(error), error.os_error.errno not in _LASTING
        case aiohttp.ServerDisconnectedError():
            return "EOF", True
        case aiohttp.ConnectionTimeoutError():
            return "dial tcp: i/o timeout", True
        case TimeoutError():
            return "net/http: timeout awaiting response headers", True
        case aiohttp.ClientOSError() | OSError():
            return f"read: {(error.strerror or str(error)).lower()}", True
        case aiohttp.ClientResponseError():
            return f"net/http: malformed HTTP response: {error.message}", False
        case _:
            return str(error) or type(error).__name__, False


def _dial(error: aiohttp.ClientConnectorError) -> str:
    address = _CALL_FAILED.search(str(error.os_error))
    host, port = (address[1], address[2]) if address else (error.host, error.port)
    place = f"[{host}]:{port}" if ":" in str(host) else f"{host}:{port}"
    number = error.os_error.errno
    reason = os.strerror(number).lower() if number else str(error.os_error)
    return f"dial tcp {place}: connect: {reason}"


def _certificate(error: BaseException) -> str:
    code = getattr(error, "verify_code", 0)
    return _VERIFY.get(code) or f"x509: {getattr(error, 'verify_message', '') or error}"


def _tls(error: OSError) -> str:
    reason = getattr(error, "reason", "") or str(error)
    if isinstance(error, ssl.SSLError) and any(word in str(reason) for word in _PLAIN_HTTP):
        return "http: server gave HTTP response to HTTPS client"
    return f"remote error: tls: {str(reason).lower().replace('_', ' ')}"
