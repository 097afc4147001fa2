"""The supervisor's executable: started by `dockyardd` (`dockyard.supervisor.launch`), survives it.

    dockyard-supervisor --exec-root DIR --ready-fd N

It runs from a sealed copy of the interpreter, imports all that shims need, and freezes it, so that the pages which
they share with it stay shared. One supervisor serves an exec-root: a second one finds the lock taken, and leaves.
"""

import fcntl
import gc
import os
import sys
import time
import traceback
from collections.abc import Sequence

from dockyard.cgroups.detect import detect
from dockyard.linux import capabilities
from dockyard.linux.heap import keep_free
from dockyard.linux.title import Title
from dockyard.runtime.seccomp.compile import library_file
from dockyard.shim.json_log import rfc3339_nano
from dockyard.shim.oom_protection import SUPERVISOR_SCORE, own_score, set_score
from dockyard.shim.place import Place
from dockyard.shim.sockets import listen_at
from dockyard.supervisor.answer import answer
from dockyard.supervisor.rehearsal import rehearse
from dockyard.supervisor.server import serve

READY = b"ready\n"
TAKEN = b"taken\n"

HEAP_BYTES = 4 << 20
"""What a shim keeps of free memory while output streams through it."""


def main(arguments: Sequence[str]) -> int:  # noqa: RET503 - `serve` never returns
    """Serve until told to stop; 0, or 1 when it can't be started.

    `--exec-root` is the directory of the sockets and of shims/, `--ready-fd` a pipe that is told when requests are
    taken. No argparse and no getopt: what they load, each shim would map and each fork copy.
    """
    os.environ.pop("LD_BIND_NOW", None)  # it was for this process (dockyard.supervisor.launch)
    options = dict(zip(arguments[::2], arguments[1::2], strict=True))
    exec_root, ready_fd = options["--exec-root"], int(options["--ready-fd"])
    title = Title()
    title.show(["dockyard-supervisor", "--address", f"{exec_root}/supervisor.sock"])
    os.chdir("/")
    os.umask(0o022)
    os.makedirs(f"{exec_root}/shims", mode=0o700, exist_ok=True)
    lock = os.open(f"{exec_root}/supervisor.lock", os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        # A lock of the process, not of the open file: shims, which are forks, don't hold it.
        fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.write(ready_fd, TAKEN)
        return 0
    listener = listen_at(f"{exec_root}/supervisor.sock")
    with open(f"{exec_root}/supervisor.pid", "w", encoding="ascii") as file:
        file.write(str(os.getpid()))
    keep_free(HEAP_BYTES)
    place = Place(exec_root, title, detect(), report, time.time_ns, own_score())
    set_score(SUPERVISOR_SCORE)
    # What is the same for all containers, each fork would find out for itself.
    capabilities.known()
    library_file()
    rehearse()
    gc.collect()
    gc.freeze()
    os.write(ready_fd, READY)
    os.close(ready_fd)
    serve(listener, lambda connection: answer(connection, place), report)


def report(error: BaseException) -> None:
    """Write `error` with its traceback to stderr, which is the supervisor's log."""
    sys.stderr.write(f"{rfc3339_nano(time.time_ns())} {''.join(traceback.format_exception(error))}")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
