"""A process that is exec'd into a container, from the fork to execve."""

import gc
import os
from typing import NoReturn

from dockyard.errors import SystemFailure
from dockyard.linux.libc import reason
from dockyard.linux.namespaces import setns
from dockyard.linux.process import set_dumpable
from dockyard.runtime.init import console, labels, limits, signals, stdio
from dockyard.runtime.init.affinity import cpus
from dockyard.runtime.init.credentials import become_mapped_root
from dockyard.runtime.init.execute import Execution
from dockyard.runtime.init.session import new_session
from dockyard.runtime.launch import Join
from dockyard.runtime.oom_score import set_own_oom_score

FAILED = 1


def run(join: Join) -> NoReturn:
    """Be the process. Never returns: it executes the program, or reports why not and exits."""
    try:
        _prepare(join).execute()
    except BaseException as error:  # whatever it is, nobody else can tell
        join.surroundings.channel.send_error(error)
    finally:
        os._exit(FAILED)


def _prepare(join: Join) -> Execution:
    surroundings = join.surroundings
    process = surroundings.process
    surroundings.other.close()
    gc.disable()  # a collection would touch, and so copy, every page of the interpreter
    signals.reset()
    # Before it is anywhere that a process of the container can see it (CVE-2016-9962).
    set_dumpable(False)
    _enter(join)
    if process.terminal:
        assert surroundings.console_socket is not None  # checked by the caller
        root = os.open("/", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        os.close(console.set_up(root, process, surroundings.console_socket))
    else:
        stdio.take(surroundings.stdio)
    labels.apply(process, surroundings.proc)
    limits.apply(process, join.personality)
    execution = Execution(surroundings, {*surroundings.channel})
    execution.prepare()
    return execution


def _enter(join: Join) -> None:
    """What belongs to who this still is: its score, the cgroup. Then the namespaces, all at once."""
    surroundings = join.surroundings
    affinity = surroundings.process.exec_cpu_affinity
    try:
        if affinity is not None and affinity.initial:
            os.sched_setaffinity(0, cpus(affinity.initial))
        if join.oom_score is not None:
            set_own_oom_score(surroundings.proc, join.oom_score)
        surroundings.entry.enter()
        if affinity is not None and affinity.final:
            os.sched_setaffinity(0, cpus(affinity.final))
        for joined in surroundings.joined:
            if joined.flags:
                setns(joined.descriptor, joined.flags)
        if join.user:
            become_mapped_root()
        if join.root >= 0:
            os.fchdir(join.root)
            os.chroot(".")
        new_session(surroundings.container_id if join.keyring else None)
    except OSError as error:
        raise SystemFailure(f"enter container: {reason(error)}") from error
