"""`checkpoint` and `restore`: refused. Dockyard has no checkpoints, and says so rather than half doing it.

https://github.com/opencontainers/runc/blob/v1.1.5/man/runc-checkpoint.8.md
"""

from collections.abc import Sequence
from typing import Final

from dockyard.cmd.runc.command import Command, Invocation
from dockyard.cmd.runc.flags import Flag, Values
from dockyard.errors import NotImplementedYet

FLAGS: Final = (
    *(
        Flag(names, "not supported", "switch")
        for names in (
            ("auto-dedup",),
            ("detach", "d"),
            ("ext-unix-sk",),
            ("file-locks",),
            ("lazy-pages",),
            ("leave-running",),
            ("no-pivot",),
            ("no-subreaper",),
            ("pre-dump",),
            ("shell-job",),
            ("tcp-established",),
        )
    ),
    *(
        Flag(names, "not supported", "texts")
        for names in (
            ("bundle", "b"),
            ("console-socket",),
            ("empty-ns",),
            ("image-path",),
            ("lsm-mount-context",),
            ("lsm-profile",),
            ("manage-cgroups-mode",),
            ("page-server",),
            ("parent-path",),
            ("pid-file",),
            ("status-fd",),
            ("work-path",),
        )
    ),
)
"""What runc takes, so that a caller is told that there are no checkpoints, and not that a flag is wrong."""


def run(invocation: Invocation, values: Values, arguments: Sequence[str]) -> int:
    """Always NotImplementedYet."""
    del invocation, values
    raise NotImplementedYet(f"checkpoint of {arguments[0]} failed: checkpoints are not supported by dockyard-runc")


COMMAND: Final = Command("checkpoint", "refused: there is no checkpoint", run, FLAGS)
