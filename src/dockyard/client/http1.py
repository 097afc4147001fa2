"""The heads of HTTP/1.1 messages (RFC 9112, sections 2 to 6): text out, text in, no sockets."""

from __future__ import annotations

from dockyard.errors import Unavailable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    Headers = Mapping[str, str | tuple[str, ...]]

USER_AGENT = "Docker-Client/dockyard (linux)"


def request_head(method: str, target: str, host: str, headers: Headers) -> bytes:
    """Request line and header fields, with the empty line that ends them; one with several values comes as often."""
    lines = [f"{method} {target} HTTP/1.1", f"Host: {host}", f"User-Agent: {USER_AGENT}"]
    for name, value in headers.items():
        lines.extend(f"{name}: {one}" for one in ((value,) if isinstance(value, str) else value))
    text = "\r\n".join(lines)
    if text.count("\n") != len(lines) - 1:
        raise Unavailable("a header of the request would contain a line break")
    return f"{text}\r\n\r\n".encode("utf-8", "surrogateescape")


def parse_status(line: bytes) -> int:
    """The status code of a status line; raises Unavailable for what isn't HTTP."""
    parts = line.split(None, 2)
    if len(parts) < 2 or not parts[0].startswith(b"HTTP/1.") or not parts[1].isdigit():
        raise Unavailable(f"the daemon's answer isn't HTTP: {line[:80].decode('ascii', 'replace')}")
    return int(parts[1])


def parse_headers(lines: Iterable[bytes]) -> dict[str, str]:
    """Header fields by lower-case name; of a repeated one the last counts."""
    headers = {}
    for line in lines:
        name, _, value = line.partition(b":")
        headers[name.decode("latin-1").strip().lower()] = value.decode("latin-1").strip()
    return headers
