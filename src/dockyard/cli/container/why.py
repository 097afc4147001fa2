"""`dockyard why`: how a container ended: its exit code decoded, who killed it, limits, last lines. Not in Docker."""

from __future__ import annotations

from dockyard.cli.command import Command
from dockyard.cli.exit import Exit
from dockyard.cli.flags.kinds import INT, STRING
from dockyard.cli.flags.spec import Flag, Parsed
from dockyard.cli.output.units import ago, binary_size
from dockyard.cli.session import Session
from dockyard.cli.timestamps import timestamp
from dockyard.client import containers, stdcopy
from dockyard.errors import DockyardError
from dockyard.wire import json_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

WIDTH = 11
"""Of the names before the values."""


def run(session: Session, options: Parsed) -> int:
    """Prints the verdict, what it was drawn from, and the last lines of the log."""
    if options["format"] not in ("", "json"):
        raise Exit(1, f"Error: invalid format {options['format']!r}: only json is known")
    found = containers.why(session.client, options.arguments[0])
    runs_again = found["Status"] in ("running", "paused")
    found["LastLines"] = _last_lines(session, found["Id"], options["tail"], found["Ending"], runs_again=runs_again)
    if options["format"] == "json":
        session.line(json_text.dumps(found))
        return 0
    session.line(f"{found['Name'][1:]} ({found['Id'][:12]}): {found['Summary']}")
    for name, value in _facts(session, found):
        session.line(f"  {name:{WIDTH}} {value}")
    if found["LastLines"]:
        session.line("  last lines")
        for line in found["LastLines"]:
            session.line(f"    {line}")
    return 0


def _facts(session: Session, found: Any) -> list[tuple[str, str]]:
    facts = [("verdict", found["Verdict"]), ("status", found["Status"])]
    ending = found["Ending"]
    if ending is None:
        return facts
    facts.append(("exit code", decoded(ending)))
    if ending["OOMKilled"]:
        victim = ending["Victim"]
        facts.append(("victim", f"{victim['Name']} (pid {victim['Pid']})" if victim else "not in the kernel's log"))
    facts += [("signal", sent(one)) for one in ending["Sent"]]
    facts.append(("ran", f"from {ending['StartedAt']} to {ending['FinishedAt']}, {_ago(session, ending)}"))
    if found["RestartCount"]:
        facts.append(("restarts", str(found["RestartCount"])))
    facts.append(("limits", limits(ending)))
    if ending["MemoryPeak"]:
        facts.append(("memory", f"{binary_size(ending['MemoryPeak'])} at most"))
    if found["Verdict"] == "unhealthy" and ending["FailingProbe"]:
        facts.append(("probe", ending["FailingProbe"].strip()))
    return facts


def decoded(ending: Any) -> str:
    """The exit code with what it means: `137 (128 + SIGKILL)`."""
    code = ending["ExitCode"]
    if ending["SignalName"]:
        return f"{code} (128 + {ending['SignalName']})"
    meaning = {126: "can't be executed", 127: "not found"}.get(code)
    return f"{code} ({meaning})" if meaning else str(code)


def sent(one: Any) -> str:
    """A signal and who sent it: `SIGTERM at 2026-…, stop by docker (pid 12, uid 0)`."""
    by = one["By"]
    who = f"{by['Name'] or 'a client'} (pid {by['Pid']}, uid {by['Uid']})" if by["Pid"] else by["Address"] or by["Kind"]
    return f"{one['SignalName'] or one['Signal']} at {one['At']}, {by['Action']} by {who}"


def limits(ending: Any) -> str:
    """The limits at the end; `none` without any."""
    wanted = ending["Limits"]
    parts = [f"memory {binary_size(wanted['Memory'])}"] if wanted["Memory"] else []
    parts += [f"cpus {wanted['NanoCpus'] / 1e9:g}"] if wanted["NanoCpus"] else []
    parts += [f"pids {wanted['PidsLimit']}"] if wanted["PidsLimit"] else []
    return ", ".join(parts) or "none"


def _ago(session: Session, ending: Any) -> str:
    import calendar
    import time

    finished = calendar.timegm(time.strptime(ending["FinishedAt"][:19], "%Y-%m-%dT%H:%M:%S"))
    return ago(finished, session.now())


def _last_lines(session: Session, container: str, count: int, ending: Any, *, runs_again: bool) -> list[str]:
    """The last lines before the end; none of a log that can't be read."""
    until = timestamp(ending["FinishedAt"], session.now()) if ending and runs_again else None
    parameters: dict[str, str | bool | None] = {"stdout": True, "stderr": True, "tail": str(count), "until": until}
    try:
        response = containers.logs(session.client, container, parameters)
        raw = b"".join(response.pieces())
    except DockyardError:  # a driver that keeps nothing, a log that is gone: the verdict counts
        return []
    if response.headers.get("content-type") == "application/vnd.docker.multiplexed-stream":
        demultiplexer = stdcopy.Demultiplexer()
        raw = b"".join(data for _, data in demultiplexer.feed(raw))
    return raw.decode(errors="replace").splitlines()[-count:] if count > 0 else []


COMMAND = Command(
    "[OPTIONS] CONTAINER",
    "Tell how and why a container ended (Dockyard only)",
    run,
    flags=(
        Flag("format", "f", STRING, "Print everything as JSON: json", default=""),
        Flag("tail", "n", INT, "Number of last lines of the log", default=10),
    ),
    least=1,
    most=1,
    aliases=("container why", "why"),
)
