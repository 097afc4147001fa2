"""The process of a container: OCI runtime-spec v1.2, config.md "Process".

https://github.com/opencontainers/runtime-spec/blob/v1.2.0/config.md#process
"""

from typing import NamedTuple


class Box(NamedTuple):
    """Size of a console in character cells."""

    height: int
    width: int


class User(NamedTuple):
    """Credentials: numeric ids as seen inside the container; `umask` None leaves the runtime's own (0022)."""

    uid: int = 0
    gid: int = 0
    umask: int | None = None
    additional_gids: tuple[int, ...] = ()
    username: str = ""


class Capabilities(NamedTuple):
    """The five sets of capabilities(7), as names with `CAP_`."""

    bounding: tuple[str, ...] = ()
    effective: tuple[str, ...] = ()
    inheritable: tuple[str, ...] = ()
    permitted: tuple[str, ...] = ()
    ambient: tuple[str, ...] = ()


class Rlimit(NamedTuple):
    """A limit of setrlimit(2): `type` is its name with `RLIMIT_`; 2**64-1 means no limit."""

    type: str
    soft: int = 0
    hard: int = 0


class Scheduler(NamedTuple):
    """Arguments of sched_setattr(2); `policy` as `SCHED_OTHER`, times in nanoseconds."""

    policy: str
    nice: int = 0
    priority: int = 0
    flags: tuple[str, ...] = ()
    runtime: int = 0
    deadline: int = 0
    period: int = 0


class IoPriority(NamedTuple):
    """Arguments of ioprio_set(2); `class_` as `IOPRIO_CLASS_BE`, priority 0 (high) to 7."""

    class_: str
    priority: int = 0


class CpuAffinity(NamedTuple):
    """CPU lists (`0-3,7`) of an exec'd process: before and after it is moved into the container's cgroup."""

    initial: str = ""
    final: str = ""


class Process(NamedTuple):
    """What is executed in the container, and with which rights and limits."""

    terminal: bool = False
    console_size: Box | None = None
    cwd: str = ""
    env: tuple[str, ...] = ()
    args: tuple[str, ...] = ()
    user: User = User()
    capabilities: Capabilities | None = None
    rlimits: tuple[Rlimit, ...] = ()
    no_new_privileges: bool = False
    apparmor_profile: str = ""
    oom_score_adj: int | None = None
    selinux_label: str = ""
    scheduler: Scheduler | None = None
    io_priority: IoPriority | None = None
    exec_cpu_affinity: CpuAffinity | None = None
