"""`--security-opt`: the options of a container, parsed (docker run reference, "Security configuration")."""

import os
from collections.abc import Iterable
from dataclasses import dataclass

from dockyard.errors import InvalidParameter, NotImplementedYet

APPARMOR_SWITCH = "/sys/module/apparmor/parameters/enabled"


@dataclass(frozen=True, slots=True)
class SecurityOptions:
    """What the user chose; empty strings where nothing was chosen. `seccomp` is `unconfined`, `builtin` or JSON."""

    seccomp: str = ""
    apparmor: str = ""
    selinux: str = ""
    no_new_privileges: bool = False


def parse_security_options(options: Iterable[str], default_no_new_privileges: bool) -> SecurityOptions:
    """The options as one value; InvalidParameter, in Docker's words, for one that doesn't exist."""
    seccomp = apparmor = ""
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
            raise NotImplementedYet(f"--security-opt {option} is not supported by Dockyard yet")
        else:
            raise InvalidParameter(f'invalid --security-opt 2: "{option}"')
    return SecurityOptions(seccomp, _apparmor(apparmor), _selinux(labels), no_new_privileges)


def _boolean(value: str, option: str) -> bool:
    if value.lower() in ("1", "t", "true"):
        return True
    if value.lower() in ("0", "f", "false"):
        return False
    raise InvalidParameter(f'invalid --security-opt 2: "{option}"')


def _apparmor(profile: str) -> str:
    """The profile to apply: "" when none is wanted; one that this kernel can't apply is refused, never ignored."""
    if profile in ("", "unconfined"):
        return ""
    if not os.path.exists(APPARMOR_SWITCH):
        raise InvalidParameter(f"apparmor profile {profile} can't be applied: AppArmor is not enabled on this kernel")
    return profile


def _selinux(labels: list[str]) -> str:
    wanted = [label for label in labels if label != "disable"]
    if not wanted:
        return ""
    if not os.path.exists("/sys/fs/selinux/enforce"):
        raise InvalidParameter(f"label {wanted[0]} can't be applied: SELinux is not enabled on this kernel")
    raise NotImplementedYet("--security-opt label=… is not supported by Dockyard yet")
