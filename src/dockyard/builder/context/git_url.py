"""URLs of git repositories, as Docker recognizes them.

    git://host/r.git   git@host:org/r.git   ssh://git@host/r   https://host/org/r.git#reference:folder

What merely looks like a path (`github.com/org/r`) is a repository only as a whole context, not as a source of ADD.
https://docs.docker.com/build/concepts/context/#url-fragments
"""

import re
from dataclasses import dataclass

_SCP = re.compile(r"[A-Za-z0-9_.-]+@[A-Za-z0-9_.-]+:[^\s]+\Z")
_HTTP = re.compile(r"https?://[^#?]*\.git(?:#.*)?\Z")
_SCHEMES = ("git://", "ssh://")


@dataclass(frozen=True, slots=True)
class GitUrl:
    """A repository, what to take of it, and the folder in it."""

    remote: str
    reference: str = ""
    subdirectory: str = ""


def parse_git_url(text: str) -> GitUrl | None:
    """None for what isn't a repository."""
    if not (text.startswith(_SCHEMES) or _HTTP.match(text) or (_SCP.match(text) and "://" not in text)):
        return None
    remote, _, fragment = text.partition("#")
    reference, _, folder = fragment.partition(":")
    return GitUrl(remote, reference, folder)


def parse_context_url(text: str) -> GitUrl | None:
    """The same for a whole context: `github.com/…` is one, too."""
    return parse_git_url(f"https://{text}" if text.startswith("github.com/") else text) or (
        GitUrl(*_split(f"https://{text}")) if text.startswith("github.com/") else None
    )


def _split(text: str) -> tuple[str, str, str]:
    remote, _, fragment = text.partition("#")
    reference, _, folder = fragment.partition(":")
    return remote, reference, folder
