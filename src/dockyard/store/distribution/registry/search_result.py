"""What a search gives: a value of its own, so that who only shows it needs no client."""

from dataclasses import dataclass

DEFAULT_LIMIT = 25
LARGEST_LIMIT = 100


@dataclass(frozen=True, slots=True)
class SearchResult:
    """One repository of an index."""

    name: str
    description: str = ""
    stars: int = 0
    is_official: bool = False
    is_automated: bool = False
