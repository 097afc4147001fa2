"""Words for true and false, as Go's strconv.ParseBool has them."""

from types import MappingProxyType

TRUTH = MappingProxyType(
    {
        **dict.fromkeys(("1", "t", "T", "TRUE", "true", "True"), True),
        **dict.fromkeys(("0", "f", "F", "FALSE", "false", "False"), False),
    }
)
