"""The `filters` parameter of lists, prunes and events.

    grammar   {"<key>": {"<value>": true, …}, …}   or the older   {"<key>": ["<value>", …], …}
    good      {"status": {"running": true}, "label": {"a=b": true}}
    bad       [1], {"status": "running"}

https://docs.docker.com/reference/api/engine/version/v1.55/#tag/Container/operation/ContainerList ("filters")
"""

import msgspec

from dockyard.errors import InvalidParameter

Filters = dict[str, tuple[str, ...]]
"""Values by key; values of one key are alternatives, keys add up. A key may have no values."""


def parse_filters(text: str) -> Filters:
    """The filters in `text`; none for an empty text. InvalidParameter when it isn't of the grammar."""
    if not text:
        return {}
    try:
        document = msgspec.json.decode(text, type=dict[str, dict[str, bool] | list[str] | None])
    except msgspec.MsgspecError as error:
        raise InvalidParameter("invalid filter") from error
    # A value that is false counts as given, as it does in Docker, which looks at the keys alone.
    return {key: tuple(values or ()) for key, values in document.items()}
