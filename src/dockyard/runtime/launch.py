"""What the caller hands to a process that it forks: values and descriptors, all made before the fork."""

from typing import NamedTuple

from dockyard.cgroups import Entry
from dockyard.runtime.channel import Channel
from dockyard.runtime.rootfs.prepared import PreparedRoot
from dockyard.spec.runtime import Personality, Process, Spec, State


class Stdio(NamedTuple):
    """Descriptors that become 0, 1 and 2 of the process; ignored when it has a terminal."""

    stdin: int
    stdout: int
    stderr: int


class Filter(NamedTuple):
    """A seccomp program, and the flags to install it with."""

    program: bytes
    flags: int


class Joined(NamedTuple):
    """Namespaces to join: a descriptor, and the CLONE_NEW* flag (several for a pidfd)."""

    descriptor: int
    flags: int


class Surroundings(NamedTuple):
    """What a first and an exec'd process have in common.

    `proc` is the host's procfs, trusted for writing to it; `channel` the process's own end, `other` the caller's, which
    the process closes; `preserve_fds` is how many descriptors from 3 on it keeps.
    """

    process: Process
    container_id: str
    channel: Channel
    other: Channel
    entry: Entry
    stdio: Stdio
    console_socket: int | None
    preserve_fds: int
    proc: int
    filter: Filter | None
    joined: tuple[Joined, ...] = ()


class Launch(NamedTuple):
    """A first process. `root` is None without a mount namespace of its own; `gate` listens when others may start it."""

    surroundings: Surroundings
    spec: Spec
    state: State
    root: PreparedRoot | None
    root_path: str
    own_namespaces: frozenset[str]
    no_pivot: bool
    no_new_keyring: bool
    gate: int | None


class Join(NamedTuple):
    """An exec'd process. `root` is the container's root where that isn't its mount namespace's, else -1.

    `user` and `keyring`: whether it enters a user namespace, and the container's keyring.
    """

    surroundings: Surroundings
    root: int
    user: bool
    keyring: bool
    personality: Personality | None
    oom_score: int | None
