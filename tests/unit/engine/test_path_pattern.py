"""Patterns of names, as path.Match has them."""

import pytest

from dockyard.engine.path_pattern import path_matches
from dockyard.errors import InvalidParameter


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        ("abc", "abc", True),
        ("*", "abc", True),
        ("*", "a/b", False),
        ("a*", "ab", True),
        ("a*/b", "abc/b", True),
        ("a*/b", "a/c/b", False),
        ("a*b*c", "axbxc", True),
        ("ab[c]", "abc", True),
        ("ab[b-d]", "abc", True),
        ("ab[e-g]", "abc", False),
        ("ab[^c]", "abc", False),
        ("ab[^e-g]", "abc", True),
        (r"a\*b", "a*b", True),
        (r"a\*b", "ab", False),
        ("a?b", "a☺b", True),
        ("a???b", "a☺b", False),
        (r"[\]a]", "]", True),
        (r"[\-x]", "-", True),
        ("a?b", "a/b", False),
        ("a.c", "abc", False),
        ("", "", True),
        ("", "x", False),
    ],
)
def test_patterns(pattern: str, text: str, matches: bool) -> None:
    assert path_matches(pattern, text) == matches


@pytest.mark.parametrize("pattern", ["[]a]", "[-]", "[x-]", "[-x]", "[a-b-c]", "[", "[^", "[^bc", "a[", "a\\"])
def test_what_is_no_pattern(pattern: str) -> None:
    with pytest.raises(InvalidParameter, match="syntax error in pattern"):
        path_matches(pattern, "a")
