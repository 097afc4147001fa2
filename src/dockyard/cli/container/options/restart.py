"""`--restart no|always|unless-stopped|on-failure[:times]`."""

from __future__ import annotations

from dockyard.cli.flags.kinds import integer
from dockyard.errors import InvalidParameter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def restart_policy(text: str) -> dict[str, Any] | None:
    """The RestartPolicy of the API; None for the empty text. Raises InvalidParameter."""
    if not text:
        return None
    name, colon, count = text.partition(":")
    if colon and not name:
        raise InvalidParameter("invalid restart policy format: no policy provided before colon")
    policy: dict[str, Any] = {"Name": name}
    if count:
        try:
            policy["MaximumRetryCount"] = integer(count)
        except ValueError:
            raise InvalidParameter("invalid restart policy format: maximum retry count must be an integer") from None
    return policy
