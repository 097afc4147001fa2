"""A process that is exec'd into a container, from the fork to execve: worked out by its caller, done in the fork."""

import gc
import os
from collections.abc import Iterable
from typing import NoReturn

from dockyard.linux import capabilities
from dockyard.linux.namespaces import setns
from dockyard.linux.process import NOT_DUMPABLE, prctl
from dockyard.runtime.channel import READY, Channel
from dockyard.runtime.init import console, labels, limits, signals, stdio
from dockyard.runtime.init.affinity import cpus
from dockyard.runtime.init.credentials import become_mapped_root
from dockyard.runtime.init.execute import Execution
from dockyard.runtime.init.session import new_session
from dockyard.runtime.init.steps import Step, take
from dockyard.runtime.launch import Join
from dockyard.runtime.oom_score import own_oom_score, set_own_oom_score
from dockyard.spec.runtime import Process

FAILED = 1
_ENTER = "enter container"


def run(steps: Iterable[Step], channel: Channel) -> NoReturn:
    """In the fork: be the process. Never returns: it executes the program, or reports why not and exits."""
    try:
        take(steps)
    except BaseException as error:  # whatever it is, nobody else can tell
        channel.send_error(error)
    finally:
        os._exit(FAILED)


def steps_of(join: Join, wait: bool) -> list[Step]:
    """In the caller: all that the process will do. InvalidParameter.

    With `wait` it stops when it has no right left that its program won't have, until it is told to go on. It looks at
    the container's files only then, for they may change meanwhile, and says so when it has found what it needs.
    """
    surroundings = join.surroundings
    process = surroundings.process
    execution = Execution(
        surroundings,
        {*surroundings.channel},
        # Who enters a user namespace has all of them there.
        capabilities.known() if join.user else capabilities.own()[1],
        owned=not process.terminal and not join.user and stdio.owned_by(process.user.uid, surroundings.stdio),
    )
    return [
        *(Step("close", os.close, (descriptor,)) for descriptor in surroundings.other),
        Step("disable the collector", gc.disable),  # a collection would touch, and so copy, every page
        *signals.resetting(),
        # Before it is anywhere that a process of the container can see it (CVE-2016-9962).
        Step("set dumpable", prctl, NOT_DUMPABLE),
        *_entering(join),
        *_setting_up(join),
        *(_waiting(execution, surroundings.channel) if wait else [*execution.preparing(), *execution.filtering()]),
        *execution.executing(),
    ]


def _waiting(execution: Execution, channel: Channel) -> list[Step]:
    """No working directory is in use meanwhile, which the container couldn't unmount then."""
    return [
        *execution.reducing_only(),
        *execution.filtering(),
        Step("wait", _wait, (channel,)),
        *execution.looking_up_late(),
        Step("ready", channel.send, (READY,)),
    ]


def _entering(join: Join) -> list[Step]:
    """What belongs to who this still is: its score, the cgroup. Then the namespaces, all at once."""
    surroundings = join.surroundings
    affinity = surroundings.process.exec_cpu_affinity
    steps = []
    if affinity is not None and affinity.initial:
        steps.append(Step(_ENTER, os.sched_setaffinity, (0, cpus(affinity.initial))))
    if join.oom_score is not None and join.oom_score != own_oom_score():
        steps.append(Step(_ENTER, set_own_oom_score, (surroundings.proc, join.oom_score)))
    steps += [Step(_ENTER, os.write, (descriptor, b"0")) for descriptor in surroundings.entry.tasks]
    if affinity is not None and affinity.final:
        steps.append(Step(_ENTER, os.sched_setaffinity, (0, cpus(affinity.final))))
    steps += [Step(_ENTER, setns, joined) for joined in surroundings.joined if joined.flags]
    if join.user:
        steps.append(Step(_ENTER, become_mapped_root))
    if join.root >= 0:
        steps += [Step(_ENTER, os.fchdir, (join.root,)), Step(_ENTER, os.chroot, (".",))]
    steps.append(Step(_ENTER, new_session, (surroundings.container_id if join.keyring else None,)))
    return steps


def _setting_up(join: Join) -> list[Step]:
    """Standard streams, labels, limits."""
    surroundings = join.surroundings
    process = surroundings.process
    if process.terminal:
        assert surroundings.console_socket is not None  # checked by the caller
        steps = [Step("set up console", _take_terminal, (process, surroundings.console_socket))]
    else:
        steps = stdio.taking(surroundings.stdio)
    if labels.wanted(process):
        steps.append(Step("apply labels", labels.apply, (process, surroundings.proc)))
    if limits.wanted(process, join.personality):
        steps.append(Step("apply limits", limits.apply, (process, join.personality)))
    return steps


def _wait(channel: Channel) -> None:
    """Under the filter already, which therefore must allow read(2)."""
    if channel.receive() is None:
        os._exit(FAILED)  # the caller is gone


def _take_terminal(process: Process, socket: int) -> None:
    root = os.open("/", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    os.close(console.set_up(root, process, socket))
