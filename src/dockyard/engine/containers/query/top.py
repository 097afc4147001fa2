"""`docker top`: the host's ps(1), asked once, with the lines of the container's processes kept."""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from dockyard.errors import InvalidParameter, SystemFailure


@dataclass(frozen=True, slots=True)
class Processes:
    """A table of processes: column titles, and one row of as many cells for each process."""

    titles: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


async def processes(pids: Collection[int], ps_arguments: str) -> Processes:
    """What `ps <arguments>` says of `pids` (host pids). InvalidParameter when its output has no PID column."""
    arguments = ps_arguments.split() or ["-ef"]
    for argument in arguments:
        if not argument.isprintable():
            raise InvalidParameter(f"invalid ps argument: {argument!r}")
    try:
        process = await asyncio.create_subprocess_exec(
            "ps", *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
    except FileNotFoundError as error:
        raise SystemFailure('error running ps: exec: "ps": executable file not found in $PATH') from error
    output, complaint = await process.communicate()
    if process.returncode:
        # the first line alone, as Docker does: help on ps's options follows
        reason = complaint.decode(errors="replace").partition("\n")[0] or f"exit status {process.returncode}"
        raise InvalidParameter(f"ps: {reason}")
    return parse_ps(output.decode(errors="replace"), pids)


def parse_ps(output: str, pids: Collection[int]) -> Processes:
    """Picks the lines of `pids` from ps's output; what stands beyond the last column belongs to it."""
    lines = output.splitlines()
    titles = lines[0].split() if lines else []
    if "PID" not in titles:
        raise InvalidParameter("Couldn't find PID field in ps output")
    column = titles.index("PID")
    rows = [line.split(maxsplit=len(titles) - 1) for line in lines[1:]]
    return Processes(tuple(titles), tuple(tuple(row) for row in rows if _is_one_of(row, column, pids)))


def _is_one_of(row: Sequence[str], column: int, pids: Collection[int]) -> bool:
    return len(row) > column and row[column].isdecimal() and int(row[column]) in pids
