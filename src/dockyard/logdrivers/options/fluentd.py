"""Options of the fluentd driver.

https://github.com/moby/moby/blob/v28.5.2/daemon/logger/fluentd/fluentd.go
https://docs.docker.com/engine/logging/drivers/fluentd/
"""

from dataclasses import dataclass

from dockyard.errors import InvalidParameter
from dockyard.logdrivers.contract import COMMON_OPTIONS, Options
from dockyard.logdrivers.values import boolean, duration, host_and_port, memory_size, unsigned, url

KNOWN = COMMON_OPTIONS | {
    "fluentd-address",
    "fluentd-async",
    "fluentd-async-reconnect-interval",
    "fluentd-buffer-limit",
    "fluentd-max-retries",
    "fluentd-request-ack",
    "fluentd-retry-wait",
    "fluentd-sub-second-precision",
    "fluentd-write-timeout",
    "fluentd-read-timeout",
}

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 24224
DEFAULT_BUFFER_ENTRIES = 1 << 20
MAX_RETRIES = (1 << 31) - 1
RECONNECT_SECONDS = (0.1, 10.0)


@dataclass(frozen=True, slots=True)
class FluentdSettings:
    """What the options say.

    network: tcp, tls, or unix with `path`. asynchronous: the container starts without a receiver, and with more than
    `buffer_entries` waiting new ones are dropped. reconnect_seconds: age at which a connection is made anew; 0 for
    never. max_retries: how often entries are sent again before they are given up. Timeouts in seconds, 0 for none.
    """

    network: str
    host: str
    port: int
    path: str
    asynchronous: bool
    reconnect_seconds: float
    buffer_entries: int
    max_retries: int
    retry_wait_seconds: float
    request_ack: bool
    sub_second_precision: bool
    write_timeout_seconds: float
    read_timeout_seconds: float


def check(options: Options) -> None:
    """Raises InvalidParameter as Docker's ValidateLogOpt."""
    for key in options:
        if key not in KNOWN:
            raise InvalidParameter(f"unknown log opt '{key}' for fluentd log driver")
    settings(options)


def settings(options: Options) -> FluentdSettings:
    """What `options` say; InvalidParameter."""
    given = {key.removeprefix("fluentd-"): value for key, value in options.items() if value}
    network, host, port, path = _location(given.get("address", ""))
    return FluentdSettings(
        network,
        host,
        port,
        path,
        asynchronous=boolean(given.get("async", "false")),
        reconnect_seconds=_reconnect(given.get("async-reconnect-interval", "0")),
        buffer_entries=memory_size(given.get("buffer-limit", str(DEFAULT_BUFFER_ENTRIES))),
        max_retries=_retries(given.get("max-retries", str(MAX_RETRIES))),
        retry_wait_seconds=duration(given.get("retry-wait", "1s")),
        request_ack=boolean(given.get("request-ack", "false")),
        sub_second_precision=boolean(given.get("sub-second-precision", "false")),
        write_timeout_seconds=_timeout("fluentd-write-timeout", given.get("write-timeout", "0")),
        read_timeout_seconds=_timeout("fluentd-read-timeout", given.get("read-timeout", "0")),
    )


def _location(text: str) -> tuple[str, str, int, str]:
    try:
        return _parsed_location(text)
    except InvalidParameter as error:
        raise InvalidParameter(f"invalid fluentd-address ({text}): {error}") from error


def _parsed_location(text: str) -> tuple[str, str, int, str]:
    if not text:
        return "tcp", DEFAULT_HOST, DEFAULT_PORT, ""
    parsed = url(text if "://" in text else f"tcp://{text}")
    if parsed.scheme == "unix":
        if not parsed.path.lstrip("/"):
            raise InvalidParameter("path is empty")
        return "unix", "", 0, parsed.path
    if parsed.scheme not in ("tcp", "tls"):
        raise InvalidParameter(f"unsupported scheme: '{parsed.scheme}'")
    if parsed.path:
        raise InvalidParameter("should not contain a path element")
    host, port = host_and_port(parsed.netloc.rpartition("@")[2])
    try:
        number = unsigned(port, 16) if port else DEFAULT_PORT
    except InvalidParameter as error:
        raise InvalidParameter(f"invalid port: {error}") from error
    return parsed.scheme, host or DEFAULT_HOST, number, ""


def _retries(text: str) -> int:
    retries = unsigned(text, 32)
    if retries > MAX_RETRIES:
        raise InvalidParameter("invalid fluentd-max-retries: value out of range")
    return retries


def _reconnect(text: str) -> float:
    key = "fluentd-async-reconnect-interval"
    try:
        seconds = duration(text)
    except InvalidParameter as error:
        raise InvalidParameter(f"invalid value for {key}: {error}") from error
    low, high = RECONNECT_SECONDS
    if seconds and not low <= seconds <= high:
        raise InvalidParameter(f'invalid value for {key}: value ("{text}") must be between 100ms and 10s')
    return seconds


def _timeout(key: str, text: str) -> float:
    try:
        seconds = duration(text)
    except InvalidParameter as error:
        raise InvalidParameter(f"invalid value for {key}: value must be a duration: {error}") from error
    if seconds < 0:
        raise InvalidParameter(f"invalid value for {key}: value must be a duration that is non-negative")
    return seconds
