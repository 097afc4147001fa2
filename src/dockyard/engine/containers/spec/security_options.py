"""`--security-opt`: the options of a container, parsed (docker run reference, "Security configuration")."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from dockyard.engine.security.apparmor import DEFAULT_PROFILE, UNCONFINED, has_apparmor
from dockyard.engine.security.selinux import check_options
from dockyard.errors import InvalidParameter


@dataclass(frozen=True, slots=True)
class SecurityOptions:
    """What the user chose; empty strings where nothing was chosen. `seccomp` is `unconfined`, `builtin` or JSON.

    `labels`: parts of SELinux contexts; None for no context at all.
    """

    seccomp: str = ""
    apparmor: str = ""
    labels: dict[str, str] | None = field(default_factory=dict)
    no_new_privileges: bool = False
    writable_cgroups: bool = False


def parse_security_options(options: Iterable[str], default_no_new_privileges: bool) -> SecurityOptions:
    """The options as one value; InvalidParameter, in Docker's words, for one that doesn't exist."""
    seccomp = apparmor = ""
    writable_cgroups = False
    no_new_privileges = default_no_new_privileges
    labels: list[str] = []
    for option in options:
        name, separator, value = option.partition("=" if "=" in option else ":")
        if option == "no-new-privileges":
            no_new_privileges = True
        elif option == "disable":
            labels.append("disable")
        elif not separator:
            raise InvalidParameter(f'invalid --security-opt 1: "{option}"')
        elif name == "seccomp":
            seccomp = value
        elif name == "apparmor":
            apparmor = value
        elif name == "label":
            labels.append(value)
        elif name == "no-new-privileges":
            no_new_privileges = _boolean(value, option)
        elif name == "writable-cgroups":
            writable_cgroups = _boolean(value, option)
        else:
            raise InvalidParameter(f'invalid --security-opt 2: "{option}"')
    if apparmor not in ("", UNCONFINED) and not has_apparmor():
        raise InvalidParameter(f"apparmor profile {apparmor} can't be applied: AppArmor is not enabled on this kernel")
    return SecurityOptions(seccomp, apparmor, check_options(labels), no_new_privileges, writable_cgroups)


def check_writable_cgroups(options: SecurityOptions, *, cgroup_v2: bool, cgroupns_mode: str) -> None:
    """InvalidParameter where writing below /sys/fs/cgroup would reach beyond the container's own part of it."""
    if options.writable_cgroups and not (cgroup_v2 and cgroupns_mode == "private"):
        raise InvalidParameter(
            "option writable-cgroups=true is only supported with cgroup v2 and a private cgroup namespace"
        )


def apparmor_profile(chosen: str, *, privileged: bool, enabled: bool) -> str:
    """The profile of a container whose user has `chosen` one or none (""); "" where the kernel has no AppArmor."""
    if not enabled:
        return ""
    return chosen or (UNCONFINED if privileged else DEFAULT_PROFILE)


def _boolean(value: str, option: str) -> bool:
    if value.lower() in ("1", "t", "true"):
        return True
    if value.lower() in ("0", "f", "false"):
        return False
    raise InvalidParameter(f'invalid --security-opt 2: "{option}"')
