"""An exec-root with its supervisor, and what it takes to run containers in it."""

import asyncio
import json
import os
import secrets
import signal
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from tests.integration.supervisor.bundle import config, process, write_bundle

from dockyard.fs.mount import Mount
from dockyard.shim.directory import read_object, start_time
from dockyard.supervisor.client import (
    ClientSocket,
    CreateRequest,
    ExecRequest,
    ExitRecord,
    ExternalRuntime,
    LogSettings,
    ShimConnection,
    SupervisorClient,
)

WAIT_SECONDS = 20.0


class World:
    """One exec-root; `runtime` None is our own."""

    def __init__(self, base: Path, rootfs: Path, runtime: ExternalRuntime | None) -> None:
        self.base = base
        self.exec_root = f"{base}/exec"
        self.rootfs = rootfs
        self.runtime = runtime
        self.client = SupervisorClient(self.exec_root)

    def restart_daemon(self) -> None:
        """Forget everything that is not on disk."""
        self.client = SupervisorClient(self.exec_root)

    async def create(
        self,
        *args: str,
        clients: tuple[ClientSocket, ...] = (),
        tty: bool = False,
        open_stdin: bool = False,
        stdin_once: bool = False,
        start: bool = True,
        log: LogSettings | None = None,
        overlay: bool = False,
        container_id: str | None = None,
        memory_bytes: int | None = None,
        namespaces: tuple[str, ...] | None = None,
        oom_score: int | None = 0,
        seccomp: dict[str, Any] | None = None,
    ) -> ShimConnection:
        """A container that runs `args`, with a json-file log unless `log` says otherwise."""
        container_id = container_id or secrets.token_hex(32)
        mounts: tuple[Mount, ...] = ()
        root = str(self.rootfs)
        if overlay:
            layer = self.base / "layers" / container_id
            for name in ("diff", "work", "merged"):
                (layer / name).mkdir(parents=True, exist_ok=True)
            options = (f"lowerdir={root}", f"upperdir={layer}/diff", f"workdir={layer}/work")
            root = f"{layer}/merged"
            mounts = (Mount("overlay", "overlay", root, options),)
        configuration = config(container_id, root, *args, tty=tty, memory_bytes=memory_bytes)
        if namespaces is not None:
            configuration["linux"]["namespaces"] = [{"type": kind} for kind in namespaces]
        if seccomp is not None:
            configuration["linux"]["seccomp"] = seccomp
        configuration["process"]["oomScoreAdj"] = oom_score
        if oom_score is None:
            del configuration["process"]["oomScoreAdj"]
        write_bundle(self.directory(container_id), configuration)
        request = CreateRequest(
            container_id=container_id,
            bundle=self.directory(container_id),
            mounts=mounts,
            log=log or LogSettings("json-file", self.log_path(container_id)),
            tty=tty,
            open_stdin=open_stdin,
            stdin_once=stdin_once,
            runtime=self.runtime,
            start=start,
        )
        return await self.client.create(request, clients)

    async def run(self, *args: str, **options: Any) -> ExitRecord:
        """Run to the end, and until nothing is left."""
        shim = await self.create(*args, **options)
        return await self.end_of(shim)

    async def end_of(self, shim: ShimConnection) -> ExitRecord:
        """How it ends."""
        record = await asyncio.wait_for(asyncio.shield(shim.on_exit), WAIT_SECONDS)
        await asyncio.wait_for(asyncio.shield(shim.closed), WAIT_SECONDS)
        return record

    def directory(self, container_id: str) -> str:
        """The shim's directory."""
        return f"{self.exec_root}/shims/{container_id}"

    def log_path(self, container_id: str) -> str:
        """The log."""
        return f"{self.base}/{container_id}-json.log"

    def log_entries(self, container_id: str) -> list[dict[str, str]]:
        """The lines of the log."""
        with open(self.log_path(container_id), "rb") as file:
            return [json.loads(line) for line in file]

    def log_text(self, container_id: str, stream: str = "stdout") -> str:
        """What the log has of a stream."""
        return "".join(entry["log"] for entry in self.log_entries(container_id) if entry["stream"] == stream)

    def kill_shim(self, container_id: str) -> None:
        """SIGKILL it."""
        keeper = read_object(f"{self.directory(container_id)}/shim.json")
        assert keeper is not None
        os.kill(keeper["pid"], signal.SIGKILL)

    async def kill_supervisor(self) -> None:
        """SIGKILL it, and wait until it is gone."""
        pid = (await self.client.ping())["pid"]
        started = start_time(pid)
        os.kill(pid, signal.SIGKILL)
        await eventually(lambda: start_time(pid) != started)

    async def clean_up(self) -> None:
        """End everything, whatever the test did."""
        self.restart_daemon()
        await self.client.ensure()
        await self.client.sweep([])
        await self.client.shutdown()


def exec_request(*args: str, tty: bool = False, open_stdin: bool = False) -> ExecRequest:
    """An exec with a new id."""
    return ExecRequest(secrets.token_hex(32), process(*args, tty=tty), tty, open_stdin)


async def eventually(condition: Callable[[], bool | Awaitable[bool]], seconds: float = WAIT_SECONDS) -> None:
    """Wait until `condition` holds; AssertionError when it doesn't within `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        result = condition()
        if not isinstance(result, bool):
            result = await result
        if result:
            return
        assert time.monotonic() < deadline, "it didn't come about in time"
        await asyncio.sleep(0.005)


def children_of(pid: int) -> list[int]:
    """Direct children of a process."""
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                stat = Path(f"/proc/{name}/stat").read_text()
            except OSError:
                continue
            if int(stat.rpartition(")")[2].split()[1]) == pid:
                found.append(int(name))
    return found
