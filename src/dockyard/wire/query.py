"""Paths and queries of URLs (RFC 3986, section 2.3): percent-encoding, without the import of `urllib`."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_PLAIN = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/:@")


def quote(text: str) -> str:
    """`text` with everything encoded that isn't an unreserved character, a slash, a colon or an at sign."""
    data = text.encode("utf-8", "surrogateescape")
    if _PLAIN.issuperset(data):
        return text
    return "".join(chr(byte) if byte in _PLAIN else f"%{byte:02X}" for byte in data)


def query_string(parameters: Mapping[str, str | int | bool | Iterable[str] | None]) -> str:
    """`?name=value&…`, or nothing without parameters.

    None and False are left out, True is `1`, a list repeats its name.
    """
    parts = []
    for name, value in parameters.items():
        if value is None or value is False:
            continue
        if value is True:
            parts.append(f"{name}=1")
        elif isinstance(value, str | int):
            parts.append(f"{name}={quote(str(value))}")
        else:
            parts.extend(f"{name}={quote(item)}" for item in value)
    return "?" + "&".join(parts) if parts else ""
