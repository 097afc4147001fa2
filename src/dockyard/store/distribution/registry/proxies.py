"""Which proxy a URL goes through: HTTP_PROXY, HTTPS_PROXY and NO_PROXY as Go's programs read them.

    no_proxy    entry {"," entry}
    entry       "*" | address | network in CIDR | ["." | "*."] domain, each but "*" with an optional ":port"

A domain covers itself and what is below it, with a dot in front only what is below. Nothing on this machine's own
loopback goes through a proxy. https://pkg.go.dev/golang.org/x/net/http/httpproxy
"""

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from dockyard.errors import InvalidParameter


@dataclass(frozen=True, slots=True)
class Proxies:
    """Proxies for plain HTTP and for HTTPS (`[http://][user:password@]host[:port]`), and what doesn't use them."""

    http: str = ""
    https: str = ""
    no_proxy: str = ""

    def proxy_for(self, url: str) -> str | None:
        """The proxy's URL, or None to connect directly. Raises InvalidParameter for a kind that isn't supported."""
        parts = urlsplit(url)
        proxy = self.https if parts.scheme == "https" else self.http
        name = (parts.hostname or "").rstrip(".")
        if (
            not proxy
            or _is_loopback(name)
            or self._is_exempt(name, parts.port or (443 if parts.scheme == "https" else 80))
        ):
            return None
        whole = proxy if "://" in proxy else f"http://{proxy}"
        if urlsplit(whole).scheme not in ("http", "https"):
            raise InvalidParameter(f"proxy {hidden(proxy)}: only proxies of http and https are supported")
        return whole

    def _is_exempt(self, name: str, port: int) -> bool:
        return any(_matches(entry.strip().lower(), name, port) for entry in self.no_proxy.split(",") if entry.strip())


def hidden(proxy: str) -> str:
    """A proxy's URL as it may be shown: without its user's name and password."""
    scheme, separator, rest = proxy.rpartition("://")
    user, at, place = rest.rpartition("@")
    return f"{scheme}{separator}{'xxxxx:xxxxx@' if at and user else ''}{place}"


def _matches(entry: str, name: str, port: int) -> bool:
    if entry == "*":
        return True
    try:
        return ipaddress.ip_address(name) in ipaddress.ip_network(entry, strict=False)
    except ValueError:
        pass
    wanted, colon, number = entry.rpartition(":")
    if colon and number.isdigit() and (wanted.endswith("]") or ":" not in wanted):
        if int(number) != port:
            return False
        entry = wanted.strip("[]")
    try:
        return ipaddress.ip_address(entry) == ipaddress.ip_address(name)
    except ValueError:
        pass
    below = entry.removeprefix("*")
    return name.endswith(below if below.startswith(".") else f".{below}") or name == entry


def _is_loopback(name: str) -> bool:
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
