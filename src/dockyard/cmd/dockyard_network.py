"""The executable of the network's companion: started by `dockyardd` when there is something to hold, survives it.

    dockyard-network --exec-root DIR --version V --ready-fd N

One serves an exec-root. It ends by itself when it holds nothing and no daemon is connected.
"""

import argparse
import asyncio
import fcntl
import gc
import logging
import os
import resource
import signal
import sys
from collections.abc import Sequence
from typing import TextIO

from dockyard.linux.capped_log import STDERR, cut
from dockyard.linux.process import NO_NEW_PRIVILEGES, prctl
from dockyard.linux.title import Title
from dockyard.network.companion.holdings import Holdings
from dockyard.network.companion.messages import SOCKET
from dockyard.network.companion.orders import OrderSocket
from dockyard.network.proxy.loop import Loop
from dockyard.network.resolver.listeners import Namespaces
from dockyard.shim.oom_protection import SUPERVISOR_SCORE, set_score
from dockyard.shim.sockets import listen_at

READY = b"ready\n"


def main(arguments: Sequence[str]) -> int:
    """Serve until nobody needs it; 0."""
    parser = argparse.ArgumentParser(prog="dockyard-network", description=__doc__.splitlines()[0])
    parser.add_argument("--exec-root", required=True, help="directory of the socket")
    parser.add_argument("--version", required=True, help="of the daemon that started this")
    parser.add_argument("--ready-fd", type=int, required=True, help="pipe that is told when orders are taken")
    options = parser.parse_args(arguments)
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.INFO, handlers=[_CappedHandler()])
    path = os.path.join(options.exec_root, SOCKET)
    title = Title()
    title.show(["dockyard-network", "--address", path])
    os.umask(0o022)
    lock = os.open(f"{options.exec_root}/network.lock", os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    fcntl.lockf(lock, fcntl.LOCK_EX)  # waits for one that is about to end
    with open(f"{options.exec_root}/network.pid", "w", encoding="ascii") as file:
        file.write(str(os.getpid()))
    _raise_descriptor_limit()
    prctl(*NO_NEW_PRIVILEGES)
    set_score(SUPERVISOR_SCORE)
    asyncio.run(_serve(path, options.version, options.ready_fd))
    return 0


class _CappedHandler(logging.StreamHandler[TextIO]):
    """Writes to stderr, which is a file that must stay small."""

    def emit(self, record: logging.LogRecord) -> None:
        super().emit(record)
        cut(STDERR)


async def _serve(path: str, version: str, ready: int) -> None:
    loop = Loop()
    holdings = Holdings(Namespaces(), loop, version)
    orders = OrderSocket(listen_at(path), holdings)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, orders.unneeded.set)
    gc.collect()
    gc.freeze()
    os.write(ready, READY)
    os.close(ready)
    await orders.unneeded.wait()
    holdings.close()
    loop.close()


def _raise_descriptor_limit() -> None:
    """Three for each container with names, one for each published port, question that waits, proxied connection."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
