"""Options of the gelf driver.

https://github.com/moby/moby/blob/v28.5.2/daemon/logger/gelf/gelf.go
https://docs.docker.com/engine/logging/drivers/gelf/
"""

from dataclasses import dataclass

from dockyard.errors import InvalidParameter
from dockyard.logdrivers.contract import COMMON_OPTIONS, Options
from dockyard.logdrivers.values import host_and_port, integer, port_number, url

COMPRESSIONS = ("gzip", "zlib", "none")
DEFAULT_LEVEL = -1
BEST_LEVEL = 9
FASTEST_LEVEL = 1


@dataclass(frozen=True, slots=True)
class GelfSettings:
    """What the options say.

    network: udp or tcp. compression: of udp, one of `COMPRESSIONS`; level -1 to 9. max_reconnect: how often a TCP
    connection is tried again before an entry is given up, None for ever; reconnect_seconds between two tries.
    """

    network: str
    host: str
    port: int
    compression: str
    level: int
    max_reconnect: int | None
    reconnect_seconds: float


def check(options: Options) -> None:
    """Raises InvalidParameter as Docker's ValidateLogOpt."""
    network, _, _ = _address(options.get("gelf-address", ""))
    for key, value in options.items():
        if key in COMMON_OPTIONS or key == "gelf-address":
            continue
        if key in ("gelf-compression-level", "gelf-compression-type"):
            if network != "udp":
                raise InvalidParameter("compression is only supported on UDP")
            if not (value in COMPRESSIONS if key.endswith("type") else _is_level(value)):
                raise InvalidParameter(f'unknown value "{value}" for log opt "{key}" for gelf log driver')
        elif key in ("gelf-tcp-max-reconnect", "gelf-tcp-reconnect-delay"):
            if network != "tcp":
                raise InvalidParameter(f'"{key}" is only valid for TCP')
            if not _is_count(value):
                raise InvalidParameter(f'"{key}" must be a positive integer')
        else:
            raise InvalidParameter(f'unknown log opt "{key}" for gelf log driver')


def settings(options: Options) -> GelfSettings:
    """What `options`, which have been checked, say; InvalidParameter."""
    network, host, port = _address(options.get("gelf-address", ""))
    tries = options.get("gelf-tcp-max-reconnect")
    return GelfSettings(
        network,
        host,
        port,
        options.get("gelf-compression-type", "gzip"),
        integer(options.get("gelf-compression-level", str(FASTEST_LEVEL))),
        None if tries is None else integer(tries),
        float(integer(options.get("gelf-tcp-reconnect-delay", "1"))),
    )


def _is_level(text: str) -> bool:
    try:
        return DEFAULT_LEVEL <= integer(text) <= BEST_LEVEL
    except InvalidParameter:
        return False


def _is_count(text: str) -> bool:
    try:
        return integer(text) >= 0
    except InvalidParameter:
        return False


def _address(text: str) -> tuple[str, str, int]:
    if not text:
        raise InvalidParameter("gelf-address is a required parameter")
    parsed = url(text)
    if parsed.scheme not in ("udp", "tcp"):
        raise InvalidParameter("gelf: endpoint needs to be TCP or UDP")
    try:
        host, port = host_and_port(parsed.netloc)
    except InvalidParameter:
        host, port = "", None
    if not port:
        raise InvalidParameter("gelf: please provide gelf-address as proto://host:port")
    return parsed.scheme, host, port_number(port)
