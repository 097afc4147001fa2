"""The filters of `docker builder prune`, in Docker's words where it refuses them."""

import pytest

from dockyard.errors import InvalidParameter
from dockyard.server.docker.cache_filters import cache_filters
from dockyard.server.docker.filters import Filters

HOUR_NS = 3600 * 10**9


@pytest.mark.parametrize(
    ("filters", "age_ns", "others"),
    [
        ({}, 0, {}),
        ({"until": ("1h",)}, HOUR_NS, {}),
        ({"unused-for": ("2h",), "id": ("x",)}, 2 * HOUR_NS, {"id": ("x",)}),
        ({"inuse": (), "type": ()}, 0, {"inuse": ("true",)}),
        ({"label": ("a", "b"), "label!": ("c",)}, 0, {"label": ("a", "b"), "label!": ("c",)}),
    ],
)
def test_good(filters: Filters, age_ns: int, others: Filters) -> None:
    assert cache_filters(filters, 10**18) == (age_ns, others)


@pytest.mark.parametrize(
    ("filters", "message"),
    [
        ({"type!": ("regular",)}, "invalid filter 'type!'"),
        ({"mutable": ("true",)}, "invalid filter 'mutable'"),
        ({"until": ("1h",), "unused-for": ("1h",)}, 'conflicting filters: "until" and "unused-for"'),
        ({"until": ("1h", "2h")}, "filters expect only one value"),
        ({"id": ("a", "b")}, "filters expect only one value"),
    ],
)
def test_refused(filters: Filters, message: str) -> None:
    with pytest.raises(InvalidParameter) as refused:
        cache_filters(filters, 10**18)
    assert str(refused.value) == message
