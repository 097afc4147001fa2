"""Names of images as users type them: registry, path, tag, digest.

    name      = [domain [":" port] "/"] component {"/" component} [":" tag] ["@" algorithm ":" hex]
    component = letters and digits in lower case, with ".", "_", "__" or dashes between them
    tag       = a letter, digit or "_", then up to 127 of these, "." or "-"

The grammar is that of https://pkg.go.dev/github.com/distribution/reference; the daemon checks it again.
"""

from __future__ import annotations

from dockyard.errors import InvalidParameter

_LOWER = frozenset("abcdefghijklmnopqrstuvwxyz0123456789")
_WORD = _LOWER | frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ_")
_INVALID = "invalid reference format"


def split(name: str) -> tuple[str, str, str]:
    """(repository, tag, digest) of a name; what isn't there is empty. A colon before a slash belongs to a port."""
    rest, _, digest = name.partition("@")
    repository, colon, tag = rest.rpartition(":")
    if not colon or "/" in tag:
        return rest, "", digest
    return repository, tag, digest


def with_default_tag(name: str) -> str:
    """`name`, with `:latest` where it has neither tag nor digest."""
    _, tag, digest = split(name)
    return name if tag or digest else f"{name}:latest"


def checked(name: str) -> tuple[str, str, str]:
    """As `split`, once `name` is known to fit the grammar. Raises InvalidParameter with Docker's message."""
    repository, tag, digest = split(name)
    domain, path = _domain(repository)
    if path != path.lower():
        raise InvalidParameter(f"{_INVALID}: repository name ({path}) must be lowercase")
    fits = bool(path) and all(_is_component(component) for component in path.split("/"))
    if not fits or (domain and not _is_domain(domain)):
        raise InvalidParameter(_INVALID)
    if (":" in name.partition("@")[0][len(repository) :] or tag) and not _is_tag(tag):
        raise InvalidParameter(_INVALID)
    if "@" in name and not _is_digest(digest):
        raise InvalidParameter(_INVALID)
    return repository, tag, digest


def _domain(repository: str) -> tuple[str, str]:
    first, slash, rest = repository.partition("/")
    is_domain = slash and ("." in first or ":" in first or first == "localhost" or first != first.lower())
    return (first, rest) if is_domain else ("", repository)


def _is_component(text: str) -> bool:
    """Runs of letters and digits, with one of the separators between each two."""
    if not text or text[0] not in _LOWER or text[-1] not in _LOWER:
        return False
    separator = ""
    for char in text:
        if char in _LOWER:
            if separator not in ("", ".", "_", "__") and separator.strip("-"):
                return False
            separator = ""
        elif char in "._-":
            separator += char
        else:
            return False
    return True


def _is_domain(text: str) -> bool:
    host, colon, port = text.partition(":") if not text.startswith("[") else (text, "", "")
    if colon and not (port.isascii() and port.isdigit()):
        return False
    if host.startswith("["):
        return "]" in host
    return bool(host) and all(
        part and set(part) <= (_WORD | {"-"}) - {"_"} and "-" not in (part[0], part[-1]) for part in host.split(".")
    )


def _is_tag(text: str) -> bool:
    return bool(text) and len(text) <= 128 and text[0] in _WORD and set(text) <= _WORD | frozenset(".-")


def _is_digest(text: str) -> bool:
    algorithm, _, value = text.partition(":")
    return bool(algorithm) and len(value) >= 32 and set(value) <= frozenset("0123456789abcdefABCDEF")
