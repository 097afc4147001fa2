"""Named contexts: `--build-context NAME=VALUE`, and the main one when it is a URL.

    docker-image://REF     an image                      local:NAME    a directory of the client
    https://… git@… git:…  a repository or an archive    input:NAME    what another build of the client came to
    oci-layout://NAME@sha256:…   an image in a directory of the client

A name may be for one platform alone: `NAME::linux/arm64`. BuildKit, frontend/dockerui/namedcontext.go.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from dockyard.builder.context.git_url import parse_context_url
from dockyard.errors import InvalidParameter
from dockyard.spec.image.descriptor import Platform
from dockyard.spec.image.platform import platform_text
from dockyard.store.distribution.reference import parse_reference

Kind = Literal["image", "git", "http", "local", "input", "layout"]
SCRATCH = "scratch"


@dataclass(frozen=True, slots=True)
class NamedContext:
    """What a name stands for: `value` is a reference, a URL, a directory's name, or an input's."""

    name: str
    kind: Kind
    value: str

    @property
    def has_image(self) -> bool:
        """Whether it is an image, with a configuration, rather than files."""
        return self.kind in ("image", "input", "layout")


def parse_context(name: str, value: str) -> NamedContext:
    """One context. Raises InvalidParameter in BuildKit's words."""
    scheme, colon, rest = value.partition(":")
    if not colon:
        raise InvalidParameter(f"invalid context specifier {value} for {name}")
    if scheme == "docker-image":
        return NamedContext(name, "image", rest.removeprefix("//"))
    if scheme == "oci-layout":
        if "@" not in rest:
            raise InvalidParameter(f'oci-layout reference "{rest.removeprefix("//")}" has no digest')
        return NamedContext(name, "layout", rest.removeprefix("//"))
    if scheme in ("local", "input"):
        return NamedContext(name, "local" if scheme == "local" else "input", rest)
    if parse_context_url(value) is not None:
        return NamedContext(name, "git", value)
    if scheme in ("http", "https"):
        return NamedContext(name, "http", value)
    raise InvalidParameter(f"unsupported context source {scheme} for {name}")


def contexts_of(given: Mapping[str, str], platform: Platform) -> dict[str, NamedContext]:
    """The contexts that count for `platform`, by name."""
    suffix = "::" + platform_text(platform)
    found: dict[str, NamedContext] = {}
    for name, value in sorted(given.items()):
        bare, _, place = name.partition("::")
        if not place:
            found.setdefault(bare, parse_context(name, value))
        elif name.endswith(suffix):
            found[bare] = parse_context(name, value)
    return found


def context_key(name: str) -> str:
    """The name under which a context for `name` would be given: `debian` also for `docker.io/library/debian:latest`."""
    try:
        return parse_reference(name).with_default_tag().familiar.removesuffix(":latest")
    except InvalidParameter:
        return name
