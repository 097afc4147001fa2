"""The kinds of values of dockerd's flags about registries: mirrors, insecure registries, proxies."""

import ipaddress
from collections.abc import Iterable
from urllib.parse import urlsplit

from dockyard.cli.flags.spec import Kind
from dockyard.errors import InvalidParameter
from dockyard.store.distribution.reference import DEFAULT_DOMAIN, parse_reference


def mirror(text: str) -> str:
    """The URL of a mirror of Docker Hub, with a slash at its end; with `registry=` in front one of another registry.

    Docker has mirrors of Docker Hub only (moby/moby#18818).
    """
    registry, equals, rest = text.strip().partition("=")
    if equals and "/" not in registry:
        if not is_registry(registry):
            raise ValueError(f'invalid mirror: "{registry}" is not the name of a registry')
        return mirror(rest) if registry == DEFAULT_DOMAIN else f"{registry}={mirror(rest)}"
    url = urlsplit(text.strip())
    if url.scheme not in ("http", "https"):
        raise ValueError(f'invalid mirror: unsupported scheme "{url.scheme}" in "{text}"')
    if not url.netloc or url.query or url.fragment or url.path not in ("", "/"):
        raise ValueError(f'invalid mirror: path, query, or fragment at end of the URI "{text}"')
    if url.username is not None:
        raise ValueError(f'invalid mirror: username/password not allowed in URI "{text}"')
    return f"{url.scheme}://{url.netloc}/"


def is_registry(name: str) -> bool:
    """Whether `name` may be the first part of an image's name."""
    try:
        return parse_reference(f"{name}/x").domain == name
    except InvalidParameter:
        return False


def split_mirrors(mirrors: Iterable[str]) -> tuple[tuple[str, ...], dict[str, tuple[str, ...]]]:
    """What `mirror` gave, apart: Docker Hub's, and those of other registries by their name."""
    hub: list[str] = []
    others: dict[str, tuple[str, ...]] = {}
    for one in dict.fromkeys(mirrors):
        registry, equals, url = one.partition("=")
        if equals and "/" not in registry:
            others[registry] = (*others.get(registry, ()), url)
        else:
            hub.append(one)
    return tuple(hub), others


def insecure_registry(text: str) -> str:
    """A `host[:port]` or a network in CIDR whose registries may be spoken to over plain HTTP."""
    if "://" in text:
        raise ValueError(f"insecure registry {text} should not contain '://'")
    if "/" in text:
        return str(ipaddress.ip_network(text, strict=False))
    if not text or text.startswith("-") or text.endswith("-"):
        raise ValueError(f"invalid index name ({text})")
    return text


def proxy(text: str) -> str:
    """The URL of a proxy; without a scheme it is one of http. Its password isn't shown in errors."""
    scheme = urlsplit(text if "://" in text else f"http://{text}").scheme
    if text and scheme not in ("http", "https"):
        raise ValueError(f"a proxy of {scheme} is not supported: use http or https")
    return text


MIRROR = Kind("list", mirror, many=True)
INSECURE = Kind("list", insecure_registry, many=True)
PROXY = Kind("string", proxy)
