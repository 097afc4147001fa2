"""The state of a container as hooks read it on their standard input and `state` prints it.

https://github.com/opencontainers/runtime-spec/blob/v1.2.0/runtime.md#state
"""

from collections.abc import Mapping
from typing import NamedTuple

from dockyard.spec.runtime.empty import EMPTY


class State(NamedTuple):
    """What is known of a container.

    `status` is `creating`, `created`, `running`, `stopped`, or `paused` (an extension of runc's); `pid` is 0 when no
    process is there.
    """

    oci_version: str
    id: str
    status: str
    pid: int = 0
    bundle: str = ""
    annotations: Mapping[str, str] = EMPTY
