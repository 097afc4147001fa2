"""The default of a field that is a map."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

EMPTY: Final[Mapping[str, Any]] = MappingProxyType({})
"""One immutable empty map, shared by all."""
