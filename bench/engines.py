"""The two engines that are compared, each in network and mount namespaces of its own, each with the same image."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import NamedTuple

from tests.peers import busybox_image, docker_daemon
from tests.peers.guard import children_of
from tests.support.client import Docker
from tests.support.engine import dockyard_engine
from tests.support.processes import command_line, pss_bytes


class Contestant(NamedTuple):
    """An engine of the benchmark: client, pids of its daemons, and its guard's pid, the ancestor of all."""

    name: str
    docker: Docker
    daemon_pids: tuple[int, ...]
    guard_pid: int

    def idle_pss_bytes(self) -> int:
        """Memory of the daemons together."""
        return sum(pss_bytes(pid) for pid in self.daemon_pids)

    def shim_pids(self) -> list[int]:
        """The shims that run now."""
        found = []
        for pid in children_of(self.guard_pid):
            try:
                words = " ".join(command_line(pid))
            except OSError:
                continue
            if "-shim" in words.partition(" ")[0] and "-namespace" in words:
                found.append(pid)
        return found


@contextmanager
def contestants(alone: bool) -> Iterator[list[Contestant]]:
    """Start both engines (or, `alone`, only Dockyard) with the busybox image; Docker comes first."""
    with ExitStack() as stack:
        engines: list[Contestant] = []
        if not alone:
            daemon = stack.enter_context(docker_daemon())
            pids = (daemon.pid, daemon.containerd_pid)
            engines.append(Contestant("docker", Docker(daemon.docker), pids, daemon.guard.pid))
        engine = stack.enter_context(dockyard_engine(f"dyb{os.getpid()}", own_network=True))
        pids = (engine.pid, engine.supervisor_pid)
        engines.append(Contestant("dockyard", engine.docker, pids, engine.guard.pid))
        for contestant in engines:
            contestant.docker("load", "-i", str(busybox_image()))
        yield engines
