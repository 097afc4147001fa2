"""Programs run at points of the life cycle: OCI runtime-spec v1.2, config.md "POSIX-platform Hooks".

https://github.com/opencontainers/runtime-spec/blob/v1.2.0/config.md#posix-platform-hooks
"""

from typing import NamedTuple


class Hook(NamedTuple):
    """One program: absolute path, argv (with argv[0]), environment, and seconds until it is given up (None: never)."""

    path: str
    args: tuple[str, ...] = ()
    env: tuple[str, ...] = ()
    timeout: int | None = None


class Hooks(NamedTuple):
    """Programs by point; `prestart` is the deprecated twin of `create_runtime` and runs before it."""

    prestart: tuple[Hook, ...] = ()
    create_runtime: tuple[Hook, ...] = ()
    create_container: tuple[Hook, ...] = ()
    start_container: tuple[Hook, ...] = ()
    poststart: tuple[Hook, ...] = ()
    poststop: tuple[Hook, ...] = ()
