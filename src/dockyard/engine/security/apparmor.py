"""AppArmor: the profile that containers get where the host has it, and how it gets into the kernel.

The profile is called docker-default, as everybody's rules and monitoring expect, and says what Docker's says: all is
allowed but mounting, and writing to what of /proc and /sys is the host's. It is loaded by apparmor_parser(8) when the
kernel doesn't have it yet. https://docs.docker.com/engine/security/apparmor/, apparmor.d(5)
"""

import os
import subprocess
from collections.abc import Callable, Sequence

from dockyard.errors import SystemFailure

DEFAULT_PROFILE = "docker-default"
UNCONFINED = "unconfined"
SWITCH = "/sys/module/apparmor/parameters/enabled"
LOADED = "/sys/kernel/security/apparmor/profiles"
POLICY = "/etc/apparmor.d"
PARSER = ("apparmor_parser", "-Kr")
"""Without its cache, and in the place of a profile that is there."""

DENIED = (
    "@{PROC}/* w",
    # what is neither a process nor sys
    "@{PROC}/{[^1-9],[^1-9][^0-9],[^1-9s][^0-9y][^0-9s],[^1-9][^0-9][^0-9][^0-9/]*}/** w",
    # of sys all but kernel, of that all but the shared memory of the own namespace
    "@{PROC}/sys/[^k]** w",
    "@{PROC}/sys/kernel/{?,??,[^s][^h][^m]**} w",
    "@{PROC}/sysrq-trigger rwklx",
    "@{PROC}/kcore rwklx",
    "mount",
    # of /sys all but fs/cgroup
    "/sys/[^f]*/** wklx",
    "/sys/f[^s]*/** wklx",
    "/sys/fs/[^c]*/** wklx",
    "/sys/fs/c[^g]*/** wklx",
    "/sys/fs/cg[^r]*/** wklx",
    "/sys/firmware/** rwklx",
    "/sys/devices/virtual/powercap/** rwklx",
    "/sys/kernel/security/** rwklx",
)

Run = Callable[[Sequence[str], str], str]
"""Executes a program with a text as its input; what it says on stderr when it fails, "" otherwise."""


def has_apparmor(switch: str = SWITCH) -> bool:
    """Whether this kernel confines by AppArmor."""
    try:
        with open(switch, encoding="ascii") as file:
            return file.read(1) == "Y"
    except OSError:
        return False


def profile_text(name: str, own: str, policy: str = POLICY) -> str:
    """The profile `name`, which takes signals from programs under the profile `own` (the daemon's)."""
    tunables = "#include <tunables/global>\n\n" if os.path.exists(f"{policy}/tunables/global") else "@{PROC}=/proc/\n\n"
    base = "  #include <abstractions/base>\n" if os.path.exists(f"{policy}/abstractions/base") else ""
    peers = dict.fromkeys((UNCONFINED, own))
    rules = [
        "network",
        "capability",
        "file",
        "umount",
        *(f"signal (receive) peer={peer}" for peer in peers),
        f"signal (send,receive) peer={name}",
        *(f"deny {rule}" for rule in DENIED),
        f"ptrace (trace,read,tracedby,readby) peer={name}",
    ]
    body = "".join(f"  {rule},\n" for rule in rules)
    return f"{tunables}profile {name} flags=(attach_disconnected,mediate_deleted) {{\n{base}{body}}}\n"


def is_loaded(name: str, loaded: str = LOADED) -> bool:
    """Whether the kernel has a profile of this name; its list has lines like `docker-default (enforce)`."""
    try:
        with open(loaded, encoding="utf-8", errors="replace") as file:
            return any(line.rpartition(" (")[0] == name for line in file)
    except OSError:
        return False


def ensure_default_profile(run: Run | None = None, *, loaded: str = LOADED, policy: str = POLICY) -> None:
    """Have the kernel know docker-default. SystemFailure, with the parser's words, when it can't be loaded."""
    if is_loaded(DEFAULT_PROFILE, loaded):
        return
    failure = (run or _run)(PARSER, profile_text(DEFAULT_PROFILE, _own_profile(), policy))
    if failure:
        raise SystemFailure(
            f"AppArmor enabled on system but the {DEFAULT_PROFILE} profile could not be loaded: {failure.strip()}"
        )


def _own_profile() -> str:
    """The name of the profile that this process is under."""
    try:
        with open("/proc/self/attr/current", encoding="utf-8", errors="replace") as file:
            return file.read().strip("\0\n ").rpartition(" (")[0] or UNCONFINED
    except OSError:
        return UNCONFINED


def _run(command: Sequence[str], text: str) -> str:
    try:
        done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    except OSError as error:
        return f"{command[0]}: {error.strerror}"
    return "" if done.returncode == 0 else done.stderr or f"{command[0]} ended with {done.returncode}"
