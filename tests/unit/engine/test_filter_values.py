"""Truths and patterns among filters, in Docker's words."""

import pytest

from dockyard.engine.filter_values import matches, truth
from dockyard.errors import InvalidParameter


@pytest.mark.parametrize(("values", "expected"), [(("1",), True), (("true", "1"), True), (("0", "false"), False)])
def test_truths(values, expected):
    assert truth({"dangling": values}, "dangling") is expected


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (("nope",), "invalid filter 'dangling=[nope]'"),
        (("true", "false"), "invalid filter 'dangling=[true false]'"),
        ((), "invalid filter 'dangling'"),
    ],
)
def test_no_truths(values, message):
    with pytest.raises(InvalidParameter) as caught:
        truth({"dangling": values}, "dangling")
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [("^v1$", "v1", True), ("v", "av", True), ("^v1$", "v12", False), ("[", "[", True), ("[", "[a", False)],
)
def test_patterns_of_names(pattern, text, expected):
    assert matches(pattern, text) is expected
