"""Names of images as users type them: what is the tag, what is the digest, what is `latest`."""

from __future__ import annotations


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
