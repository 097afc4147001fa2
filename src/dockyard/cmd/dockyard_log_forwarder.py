"""The log forwarder's executable: started by `dockyardd` (`engine/logs/forwarder.py`), survives it.

    dockyard-log-forwarder --spools DIR --state FILE

There is one for a directory of spools: a second one finds the lock on `FILE` taken, and leaves. It ends by itself when
there is nothing to forward.
"""

import argparse
import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import Sequence

from dockyard import __version__
from dockyard.linux.capped_log import STDERR, cut
from dockyard.linux.title import Title
from dockyard.logdrivers.forward.lock import take
from dockyard.logdrivers.forward.service import Service
from dockyard.logdrivers.times import rfc3339_nano


def main(arguments: Sequence[str]) -> int:
    """Serve until there is nothing to do, or SIGTERM; 0."""
    parser = argparse.ArgumentParser(prog="dockyard-log-forwarder", description=__doc__.splitlines()[0])
    parser.add_argument("--spools", required=True, help="directory that has a directory for each container")
    parser.add_argument("--state", required=True, help="file that is locked, and says who runs")
    options = parser.parse_args(arguments)
    title = Title()
    title.show(["dockyard-log-forwarder", "--spools", options.spools])
    os.umask(0o077)
    lock = take(options.state)
    if lock is None:
        return 0
    os.ftruncate(lock, 0)
    os.write(lock, json.dumps({"pid": os.getpid(), "version": __version__}).encode())
    asyncio.run(serve(options.spools))
    return 0


async def serve(spools: str) -> None:
    """Serves the spools; SIGTERM and SIGINT end it."""
    service = Service(spools, report)
    running = asyncio.ensure_future(service.run())
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, running.cancel)
    try:
        await running
    except asyncio.CancelledError:
        return


def report(text: str) -> None:
    """Write a line to stderr, which is the forwarder's log."""
    sys.stderr.write(f"{rfc3339_nano(time.time_ns())} {text}\n")
    sys.stderr.flush()
    cut(STDERR)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
