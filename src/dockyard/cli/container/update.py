"""`dockyard update`: change the limits, the restart policy and the published ports of containers."""

from __future__ import annotations

from dockyard.cli.command import Command
from dockyard.cli.container.options.ports import published
from dockyard.cli.container.options.resources import resources
from dockyard.cli.container.options.restart import restart_policy
from dockyard.cli.flags.kinds import BYTES, DECIMAL, INT, LIST, STRING, SWAP_BYTES, UINT16
from dockyard.cli.flags.spec import Flag, Parsed
from dockyard.cli.session import Session
from dockyard.cli.several import for_each
from dockyard.client import containers
from dockyard.errors import InvalidParameter


def run(session: Session, options: Parsed) -> int:
    """Updates containers and prints their names."""
    if not options.changed:
        raise InvalidParameter("you must provide one or more flags when using this command")
    body = resources(options)
    if options["restart"]:
        body["RestartPolicy"] = restart_policy(options["restart"])
    for flag, name in (("publish-add", "PublishAdd"), ("publish-rm", "PublishRemove")):
        if options[flag]:
            body[name] = published(options[flag])

    def one(name: str) -> str:
        for warning in (containers.update(session.client, name, body) or {}).get("Warnings") or ():
            session.error(warning)
        return name

    return for_each(session, options.arguments, one)


COMMAND = Command(
    "[OPTIONS] CONTAINER [CONTAINER...]",
    "Change the limits, the restart policy and the published ports of containers",
    run,
    flags=(
        Flag("blkio-weight", "", UINT16, "Weight of block input and output: 10 to 1000"),
        Flag("cpu-period", "", INT, "Period of the CPU quota, in microseconds"),
        Flag("cpu-quota", "", INT, "CPU time in each period, in microseconds"),
        Flag("cpu-rt-period", "", INT, "Period of real-time scheduling, in microseconds"),
        Flag("cpu-rt-runtime", "", INT, "Real-time CPU time in each period, in microseconds"),
        Flag("cpu-shares", "c", INT, "Share of CPU time, relative to others"),
        Flag("cpus", "", DECIMAL, "Number of CPUs"),
        Flag("cpuset-cpus", "", STRING, "CPUs to run on: 0-3, 0,1"),
        Flag("cpuset-mems", "", STRING, "Memory nodes to use: 0-3, 0,1"),
        Flag("memory", "m", BYTES, "Limit of memory"),
        Flag("memory-reservation", "", BYTES, "Soft limit of memory"),
        Flag("memory-swap", "", SWAP_BYTES, "Limit of memory and swap together; -1 is without limit"),
        Flag("pids-limit", "", INT, "Most processes; -1 is without limit"),
        Flag("publish-add", "", LIST, "Publish a port, as -p of run does (beyond Docker)"),
        Flag("publish-rm", "", LIST, "Publish it no longer: 80, 80/udp, 8080:80, 127.0.0.1:8080:80 (beyond Docker)"),
        Flag("restart", "", STRING, "When to start again: no, always, unless-stopped, on-failure[:times]"),
    ),
    least=1,
    aliases=("container update", "update"),
)
