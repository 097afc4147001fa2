"""Which seccomp profile a container gets, from its security options and the daemon's setting.

https://docs.docker.com/reference/cli/docker/container/run/#security-opt
"""

from collections.abc import Collection
from typing import Final

from dockyard.engine.security.conditional_profile import Host
from dockyard.engine.security.default_profile import default_profile
from dockyard.engine.security.user_profile import parse_profile
from dockyard.spec.runtime import Seccomp

UNCONFINED: Final = "unconfined"
BUILTIN: Final = "builtin"


def default_seccomp(capabilities: Collection[str], kernel: tuple[int, int], arch: str) -> Seccomp:
    """Docker's default profile for one container.

    Args:
        capabilities: its bounding set, names with "CAP_".
        kernel: the first two numbers of the kernel's version.
        arch: Docker's name of the machine's architecture ("amd64").
    """
    resolved = default_profile().resolve(Host(arch, kernel), capabilities)
    assert resolved is not None  # the default profile has a default action
    return resolved


def container_seccomp(
    profile: str,
    *,
    daemon_profile: str,
    privileged: bool,
    capabilities: Collection[str],
    kernel: tuple[int, int],
    arch: str,
) -> Seccomp | None:
    """The profile to write into a container's spec; None for none.

    Args:
        profile: the value of the container's `seccomp` security option: "" when it has none, "unconfined", "builtin",
            or the JSON of a profile.
        daemon_profile: the same for the daemon's `--seccomp-profile`, with the file's content in place of its path.
        privileged: a privileged container is confined by a profile of its own only.
        capabilities, kernel, arch: as for `default_seccomp`.

    Raises:
        InvalidParameter: the JSON is no profile.
    """
    if profile == UNCONFINED:
        return None
    host = Host(arch, kernel)
    if privileged:
        return parse_profile(profile).resolve(host, capabilities) if profile and profile != BUILTIN else None
    chosen = profile or daemon_profile
    if chosen == UNCONFINED:
        return None
    if chosen in ("", BUILTIN):
        return default_seccomp(capabilities, kernel, arch)
    return parse_profile(chosen).resolve(host, capabilities)
