"""Values of log options, read as Docker reads them: with Go's parsers and their messages.

https://pkg.go.dev/strconv · https://pkg.go.dev/time#ParseDuration · https://pkg.go.dev/github.com/docker/go-units
All raise InvalidParameter.
"""

import re
from urllib.parse import SplitResult, urlsplit

from dockyard.errors import InvalidParameter

_TRUE = frozenset(("1", "t", "T", "TRUE", "true", "True"))
_FALSE = frozenset(("0", "f", "F", "FALSE", "false", "False"))
_INTEGER = re.compile(r"[+-]?[0-9]+")
_DECIMAL = {"k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12, "p": 10**15}
_BINARY = {"k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40, "p": 1 << 50}
_SIZE = re.compile(r"(.*[0-9. ])?([^0-9. ]*)", re.DOTALL)
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)")
_DURATION = re.compile(r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h)")
_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*")


def boolean(text: str) -> bool:
    """strconv.ParseBool."""
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    raise InvalidParameter(f'strconv.ParseBool: parsing "{text}": invalid syntax')


def integer(text: str) -> int:
    """strconv.Atoi."""
    if not _INTEGER.fullmatch(text):
        raise InvalidParameter(f'strconv.Atoi: parsing "{text}": invalid syntax')
    number = int(text) if len(text) < 21 else 1 << 64
    if not -(1 << 63) <= number < 1 << 63:
        raise InvalidParameter(f'strconv.Atoi: parsing "{text}": value out of range')
    return number


def unsigned(text: str, bits: int) -> int:
    """strconv.ParseUint of so many bits."""
    if not (text.isascii() and text.isdecimal()):
        raise InvalidParameter(f'strconv.ParseUint: parsing "{text}": invalid syntax')
    if len(text) > 20 or int(text) >= 1 << bits:
        raise InvalidParameter(f'strconv.ParseUint: parsing "{text}": value out of range')
    return int(text)


def human_size(text: str) -> int:
    """units.FromHumanSize: `10m` in bytes, by powers of 1000. Docker's `max-size`."""
    return _size(text, _DECIMAL)


def memory_size(text: str) -> int:
    """units.RAMInBytes: `10m` in bytes, by powers of 1024. Docker's `max-buffer-size`."""
    return _size(text, _BINARY)


def _size(text: str, units: dict[str, int]) -> int:
    match = _SIZE.fullmatch(text)
    if match is None or not match[1]:
        raise InvalidParameter(f"invalid size: '{text}'")
    number, suffix = match[1].removesuffix(" ") if match[1].endswith(" ") else match[1], match[2].lower()
    if not _NUMBER.fullmatch(number):
        raise InvalidParameter(f'strconv.ParseFloat: parsing "{number}": invalid syntax')
    if number.startswith("-") and float(number) < 0:
        raise InvalidParameter(f"invalid size: '{text}'")
    if suffix in ("", "b"):
        return int(float(number))
    if suffix[0] not in units or suffix[1:] not in ("", "b", "ib"):
        raise InvalidParameter(f"invalid suffix: '{suffix}'")
    return int(float(number) * units[suffix[0]])


def duration(text: str) -> float:
    """time.ParseDuration, in seconds."""
    unsigned_text = text[1:] if text[:1] in ("-", "+") else text
    if unsigned_text == "0":
        return 0.0
    seconds = 0.0
    position = 0
    while position < len(unsigned_text):
        match = _DURATION.match(unsigned_text, position)
        if match is None:
            missing = re.fullmatch(r"[0-9.]+", unsigned_text[position:]) is not None
            raise InvalidParameter(f'time: {"missing unit in" if missing else "invalid"} duration "{text}"')
        seconds += float(match[1]) * _SECONDS[match[2]]
        position = match.end()
    if not unsigned_text:
        raise InvalidParameter(f'time: invalid duration "{text}"')
    return -seconds if text.startswith("-") else seconds


def url(text: str) -> SplitResult:
    """url.Parse."""
    if any(ord(character) < 0x20 or ord(character) == 0x7F for character in text):
        raise InvalidParameter(f'parse "{text}": net/url: invalid control character in URL')
    scheme, colon, _ = text.partition(":")
    if not scheme and colon:
        raise InvalidParameter(f'parse "{text}": missing protocol scheme')
    if colon and "/" not in scheme and not _SCHEME.fullmatch(scheme):
        raise InvalidParameter(f'parse "{text}": first path segment in URL cannot contain colon')
    try:
        parsed = urlsplit(text)
    except ValueError:
        raise InvalidParameter(f"parse \"{text}\": missing ']' in host") from None
    netloc = parsed.netloc.rpartition("@")[2]
    if netloc.startswith("[") and "]" not in netloc:
        raise InvalidParameter(f"parse \"{text}\": missing ']' in host")
    _, separator, port = netloc.rpartition("]")[2].rpartition(":")
    if separator and not (port == "" or (port.isascii() and port.isdecimal())):
        raise InvalidParameter(f'parse "{text}": invalid port ":{port}" after host')
    return parsed


def host_and_port(netloc: str) -> tuple[str, str | None]:
    """Host, and port as text or None for `missing port in address`; as net.SplitHostPort."""
    if netloc.startswith("["):
        host, bracket, rest = netloc[1:].partition("]")
        if not bracket:
            raise InvalidParameter(f"address {netloc}: missing ']' in address")
        if not rest:
            return host, None
        if not rest.startswith(":"):
            raise InvalidParameter(f"address {netloc}: missing port in address")
        return host, rest[1:]
    if ":" not in netloc:
        return netloc, None
    if netloc.count(":") > 1:
        raise InvalidParameter(f"address {netloc}: too many colons in address")
    host, _, port = netloc.partition(":")
    return host, port


def port_number(text: str) -> int:
    """A port, in digits; what Go's dialer says of one that can't be."""
    if len(text) > 5 or int(text) > 0xFFFF:
        raise InvalidParameter(f"address {text}: invalid port")
    return int(text)
