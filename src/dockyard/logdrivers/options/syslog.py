"""Options of the syslog driver.

https://github.com/moby/moby/blob/v28.5.2/daemon/logger/syslog/syslog.go
https://docs.docker.com/engine/logging/drivers/syslog/
"""

import os
from dataclasses import dataclass

from dockyard.errors import InvalidParameter
from dockyard.logdrivers.contract import COMMON_OPTIONS, Options
from dockyard.logdrivers.values import host_and_port, port_number, url

KNOWN = COMMON_OPTIONS | {
    "syslog-address",
    "syslog-facility",
    "syslog-tls-ca-cert",
    "syslog-tls-cert",
    "syslog-tls-key",
    "syslog-tls-skip-verify",
    "syslog-format",
}

DEFAULT_PORT = 514
LOCAL_SOCKETS = ("/dev/log", "/var/run/syslog", "/var/run/log")
"""Where the machine's own syslog daemon listens: what an empty address means."""

FORMATS = ("", "rfc3164", "rfc5424", "rfc5424micro")

FACILITIES = {
    name: number
    for number, name in enumerate(
        ("kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp")
    )
} | {f"local{number}": 16 + number for number in range(8)}
"""RFC 5424, table 1."""

DAEMON = FACILITIES["daemon"]


@dataclass(frozen=True, slots=True)
class SyslogSettings:
    """What the options say.

    network: udp, tcp, tcp+tls, unix, unixgram, or "" for the machine's own daemon. address: host of the first three,
    path of the others. facility: 0 to 23. form: "" is what the machine's own daemon takes, else one of `FORMATS`.
    """

    network: str
    address: str
    port: int
    facility: int
    form: str
    ca_cert: str
    cert: str
    key: str
    skip_verify: bool


def check(options: Options) -> None:
    """Raises InvalidParameter as Docker's ValidateLogOpt."""
    for key in options:
        if key not in KNOWN:
            raise InvalidParameter(f"unknown log opt '{key}' for syslog log driver")
    settings(options)


def settings(options: Options) -> SyslogSettings:
    """What `options` say; InvalidParameter."""
    network, address, port = _address(options.get("syslog-address", ""))
    form = options.get("syslog-format", "")
    facility = _facility(options.get("syslog-facility", ""))
    if form not in FORMATS:
        raise InvalidParameter("Invalid syslog format")
    return SyslogSettings(
        network,
        address,
        port,
        facility,
        form,
        options.get("syslog-tls-ca-cert", ""),
        options.get("syslog-tls-cert", ""),
        options.get("syslog-tls-key", ""),
        "syslog-tls-skip-verify" in options,
    )


def _address(text: str) -> tuple[str, str, int]:
    if not text:
        return "", "", 0
    parsed = url(text)
    if parsed.scheme in ("unix", "unixgram"):
        if not os.path.exists(parsed.path):
            raise InvalidParameter(f"stat {parsed.path}: no such file or directory")
        return parsed.scheme, parsed.path, 0
    if parsed.scheme not in ("udp", "tcp", "tcp+tls"):
        raise InvalidParameter(f"unsupported scheme: '{parsed.scheme}'")
    host, port = host_and_port(parsed.netloc.rpartition("@")[2])
    return parsed.scheme, host, port_number(port) if port else DEFAULT_PORT


def _facility(text: str) -> int:
    if not text:
        return DAEMON
    if text in FACILITIES:
        return FACILITIES[text]
    if text.isascii() and text.isdecimal() and len(text) < 4 and int(text) <= 23:
        return int(text)
    raise InvalidParameter("invalid syslog facility")
