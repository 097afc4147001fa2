"""Requests about registries whose values are none."""

import pytest

from dockyard.errors import InvalidParameter
from dockyard.server.docker.endpoints.registries import matches
from dockyard.store.distribution.registry.search_result import SearchResult


def test_stars() -> None:
    assert matches(SearchResult("x", stars=3), {"stars": ("3",)})
    assert not matches(SearchResult("x", stars=3), {"stars": ("4",)})


@pytest.mark.parametrize("stars", ["\N{SUPERSCRIPT TWO}", "\N{ARABIC-INDIC DIGIT TWO}", "-1", "", "9" * 5000])
def test_stars_that_are_no_number(stars: str) -> None:
    with pytest.raises(InvalidParameter):
        matches(SearchResult("x"), {"stars": (stars,)})
