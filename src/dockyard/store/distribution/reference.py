"""Image references: `[host[:port]/]path[:tag][@digest]`, in the familiar form that people write and the canonical one.

Grammar (distribution reference, docs/spec; anchored):
    reference   name [":" tag] ["@" digest]
    name        [domain "/"] component {"/" component}
    component   lower-case letters and digits, separated by ".", "_", "__" or dashes
    tag         [A-Za-z0-9_][A-Za-z0-9_.-]{0,127}

    good        busybox   busybox:1.36   localhost:5000/a/b   h.example/x@sha256:<64 hex>
    bad         Busybox (upper case)   a//b   :tag   b:@   <64 hex> (would be taken for an id)

Without a domain `docker.io` is meant, without a path there `library/` is put in front; a first component is a domain
when it has a dot or colon, is `localhost`, or isn't lower case.
"""

import re
from dataclasses import dataclass, replace
from typing import Final

from dockyard.errors import InvalidParameter

DEFAULT_DOMAIN: Final = "docker.io"
LEGACY_DOMAIN: Final = "index.docker.io"
OFFICIAL: Final = "library/"
DEFAULT_TAG: Final = "latest"
NAME_LIMIT: Final = 255

_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_DOMAIN_COMPONENT = r"(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])"
_DOMAIN = rf"(?:{_DOMAIN_COMPONENT}(?:\.{_DOMAIN_COMPONENT})*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?"
_REFERENCE = re.compile(
    rf"(?P<name>(?:{_DOMAIN}/)?{_COMPONENT}(?:/{_COMPONENT})*)"
    r"(?::(?P<tag>[\w][\w.-]{0,127}))?"
    r"(?:@(?P<digest>[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}))?\Z",
    re.ASCII,
)
_TAG = re.compile(r"[\w][\w.-]{0,127}\Z", re.ASCII)
_IDENTIFIER = re.compile(r"[a-f0-9]{64}\Z")


@dataclass(frozen=True, slots=True)
class Reference:
    """A parsed reference. `domain` and `path` are canonical; at least one of `tag` and `digest` may be empty."""

    domain: str
    path: str
    tag: str = ""
    digest: str = ""

    @property
    def name(self) -> str:
        """The canonical name without tag and digest: `docker.io/library/busybox`."""
        return f"{self.domain}/{self.path}"

    @property
    def familiar_name(self) -> str:
        """The name as people write it: `busybox`."""
        if self.domain != DEFAULT_DOMAIN:
            return self.name
        rest = self.path.removeprefix(OFFICIAL)
        return rest if "/" not in rest else self.path

    @property
    def familiar(self) -> str:
        """The whole reference as people write it."""
        return self.familiar_name + self._suffix()

    def __str__(self) -> str:
        """The whole canonical reference."""
        return self.name + self._suffix()

    def with_default_tag(self) -> "Reference":
        """With `latest` where neither tag nor digest is given."""
        return self if self.tag or self.digest else replace(self, tag=DEFAULT_TAG)

    def with_tag(self, tag: str) -> "Reference":
        """With another tag. Raises InvalidParameter."""
        if not _TAG.match(tag):
            raise InvalidParameter("invalid tag format")
        return replace(self, tag=tag)

    def _suffix(self) -> str:
        return (f":{self.tag}" if self.tag else "") + (f"@{self.digest}" if self.digest else "")


def parse_reference(text: str) -> Reference:
    """The reference in `text`. Raises InvalidParameter with the words that Docker's users know."""
    if _IDENTIFIER.match(text):
        raise InvalidParameter(f"invalid repository name ({text}), cannot specify 64-byte hexadecimal strings")
    if not text:
        raise InvalidParameter("invalid reference format")
    domain, rest = _split_domain(text)
    path = rest.split("@", 1)[0].split(":", 1)[0]
    if path.lower() != path:
        raise InvalidParameter(f"invalid reference format: repository name ({path}) must be lowercase")
    match = _REFERENCE.match(f"{domain}/{rest}")
    if match is None:
        raise InvalidParameter("invalid reference format")
    name = match["name"]
    if len(name.removeprefix(f"{domain}/")) > NAME_LIMIT:
        raise InvalidParameter(f"repository name must not be more than {NAME_LIMIT} characters")
    digest = match["digest"] or ""
    if digest:
        _check_digest(digest)
    return Reference(domain, name[len(domain) + 1 :], match["tag"] or "", digest)


def is_identifier(text: str) -> bool:
    """Whether `text` is a full image id, with or without `sha256:`."""
    return _IDENTIFIER.match(text.removeprefix("sha256:")) is not None


def _split_domain(text: str) -> tuple[str, str]:
    first, slash, rest = text.partition("/")
    if not slash or not ("." in first or ":" in first or first == "localhost" or first.lower() != first):
        domain, rest = DEFAULT_DOMAIN, text
    else:
        domain = DEFAULT_DOMAIN if first == LEGACY_DOMAIN else first
    if domain == DEFAULT_DOMAIN and "/" not in rest:
        rest = OFFICIAL + rest
    return domain, rest


def _check_digest(digest: str) -> None:
    algorithm, _, value = digest.partition(":")
    lengths = {"sha256": 64, "sha384": 96, "sha512": 128}
    if algorithm not in lengths:
        raise InvalidParameter("unsupported digest algorithm")
    if len(value) != lengths[algorithm] or value.lower() != value:
        raise InvalidParameter(
            "invalid checksum digest length" if len(value) != lengths[algorithm] else "invalid checksum digest format"
        )
