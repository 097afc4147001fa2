"""A verb as data, and what every verb is given."""

from collections.abc import Callable, Sequence
from typing import NamedTuple, TextIO

from dockyard.cmd.runc.flags import Flag, Values
from dockyard.cmd.runc.log import Log


class Invocation(NamedTuple):
    """What the global flags said, and where the verb reads and writes.

    `root` is the directory that holds one for each container. `systemd_cgroup` asks for cgroups made by systemd.
    """

    root: str
    log: Log
    systemd_cgroup: bool
    out: TextIO


class Command(NamedTuple):
    """A verb.

    arguments: the words after the flags, as the usage shows them. arity: how many there must be: ("exactly" | "at
    least" | "at most", n), or None for no check. reorder: flags may stand behind arguments. failure_code: the exit code
    when `run` raises. failure_prefix: what then stands before the message.

    `run` gets the invocation, the flags' values and the arguments, and returns the exit code.
    """

    name: str
    summary: str
    run: Callable[[Invocation, Values, Sequence[str]], int]
    flags: tuple[Flag, ...] = ()
    arguments: str = "<container-id>"
    arity: tuple[str, int] | None = ("exactly", 1)
    description: str = ""
    reorder: bool = True
    failure_code: int = 1
    failure_prefix: str = ""
