"""The process of an OCI configuration, for a container's main process and for `exec`."""

from collections.abc import Sequence

from dockyard.engine.containers.config import Ulimit
from dockyard.engine.containers.spec.user import ResolvedUser
from dockyard.spec.runtime import Box, Capabilities, Process, Rlimit, User

DEFAULT_PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

UNLIMITED = 2**64 - 1
"""RLIM_INFINITY as the OCI specification writes it."""


def environment(wanted: Sequence[str], hostname: str, tty: bool, home: str) -> tuple[str, ...]:
    """The variables of a main process: PATH, HOSTNAME, TERM and HOME by default, overridden by `wanted`.

    An entry without `=` takes the variable away, as in Docker.
    """
    defaults = [DEFAULT_PATH, f"HOSTNAME={hostname}", *(["TERM=xterm"] if tty else [])]
    return with_home(merged(defaults, wanted), home)


def merged(defaults: Sequence[str], overrides: Sequence[str]) -> tuple[str, ...]:
    """`defaults` with each variable of `overrides` in its place, new ones at the end."""
    variables = {entry.partition("=")[0]: entry for entry in defaults}
    for entry in overrides:
        name, equals, _ = entry.partition("=")
        if equals:
            variables[name] = entry
        else:
            variables.pop(name, None)
    return tuple(variables.values())


def with_home(variables: tuple[str, ...], home: str) -> tuple[str, ...]:
    """`variables` with HOME, unless they have it or it is empty."""
    if any(entry.startswith("HOME=") and entry != "HOME=" for entry in variables):
        return variables
    return (*variables, f"HOME={home}")


def process(
    *,
    args: Sequence[str],
    env: Sequence[str],
    cwd: str,
    user: ResolvedUser,
    capabilities: Sequence[str],
    tty: bool = False,
    console_size: tuple[int, int] = (0, 0),
    ulimits: Sequence[Ulimit] = (),
    no_new_privileges: bool = False,
    apparmor_profile: str = "",
    selinux_label: str = "",
    oom_score_adj: int | None = None,
) -> Process:
    """An OCI process; `console_size` is (rows, columns), zeros leave it to the client's first resize.

    For a user other than root only the bounding set is given: its permitted and effective sets would be lost at
    execve(2) anyway (capabilities(7)), and Docker gives none.
    """
    held = tuple(capabilities)
    root = user.uid == 0
    return Process(
        terminal=tty,
        console_size=Box(*console_size) if tty and all(console_size) else None,
        cwd=cwd or "/",
        env=tuple(env),
        args=tuple(args),
        user=User(uid=user.uid, gid=user.gid, additional_gids=user.additional_gids),
        capabilities=Capabilities(bounding=held, effective=held if root else (), permitted=held if root else ()),
        rlimits=tuple(_rlimit(ulimit) for ulimit in ulimits),
        no_new_privileges=no_new_privileges,
        apparmor_profile=apparmor_profile,
        selinux_label=selinux_label,
        oom_score_adj=oom_score_adj,
    )


def _rlimit(ulimit: Ulimit) -> Rlimit:
    soft, hard = (UNLIMITED if value == -1 else value for value in (ulimit.soft, ulimit.hard))
    return Rlimit(f"RLIMIT_{ulimit.name.upper()}", soft, hard)
