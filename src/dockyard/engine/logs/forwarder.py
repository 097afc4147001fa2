"""The log forwarder's process, seen from the daemon: started when there is something to do, and again when it died.

It is not of the daemon's session and outlives it, as the supervisor does. What it has to do lies in the spools
(`dockyard.logdrivers.forward`), so nothing is said to it: a new job is a file, a removed container another one.
"""

import asyncio
import json
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

import dockyard
from dockyard import __version__
from dockyard.engine.paths import Paths
from dockyard.errors import SystemFailure
from dockyard.linux.capped_log import open_log
from dockyard.logdrivers.forward.job import Job, mark_removed, write_job
from dockyard.logdrivers.forward.lock import holder
from dockyard.logdrivers.forward.spool import spools_in

LOG = logging.getLogger(__name__)

START_SECONDS = 10.0
START_LOOKS_SECONDS = 0.05
LOOK_SECONDS = 10.0
"""How long its end may go unnoticed where the kernel can't tell it (pidfd_open(2) refused)."""

_KEPT_VARIABLES = ("PATH", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH", "TZ")
_PROXY_VARIABLES = ("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")
_PROGRAM = """
import sys
sys.path.insert(0, sys.argv[1])
from dockyard.cmd.dockyard_log_forwarder import main
sys.exit(main(sys.argv[2:]))
"""


class LogForwarder:
    """Gives jobs, and keeps the process running while there are any.

    Args:
        paths: of the engine.
        start: runs a coroutine in the background under a name.
    """

    def __init__(self, paths: Paths, start: Callable[[str, Coroutine[Any, Any, Any]], Any]) -> None:
        self._paths = paths
        self._start = start
        self._keeping: asyncio.Task[None] | None = None
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def _state(self) -> str:
        return f"{self._paths.exec_root}/log-forwarder.json"

    def resume(self) -> None:
        """The daemon has started: what is left is forwarded, also what containers left that aren't there any more."""
        for container_id in spools_in(self._paths.log_spools):
            if not os.path.isdir(self._paths.container(container_id)):
                self.forget(container_id)
        self._keep()

    def begin(self, container_id: str, job: Job) -> None:
        """The container is about to write into its spool. SystemFailure when there can't be one."""
        try:
            write_job(self._paths.log_spool(container_id), job)
        except OSError as error:
            raise SystemFailure(f"preparing the log of container {container_id}: {error}") from error
        self._keep()

    def forget(self, container_id: str) -> None:
        """The container is removed: its spool goes when it has been sent."""
        try:
            mark_removed(self._paths.log_spool(container_id))
        except OSError as error:
            LOG.error("the log of the removed container %s: %s", container_id[:12], error)

    def _keep(self) -> None:
        if self._keeping is None or self._keeping.done():
            self._keeping = self._start("keep the log forwarder", self._keep_running())

    async def _keep_running(self) -> None:
        while True:
            try:
                if not spools_in(self._paths.log_spools):
                    return
                await self._keep_one_running()
            except (OSError, RuntimeError) as error:  # no descriptor, process or thread to be had: others end
                LOG.error("keeping the log forwarder running: %s; it is tried again", error)
                await asyncio.sleep(LOOK_SECONDS)

    async def _keep_one_running(self) -> None:
        """Returns when it has been started, or has ended."""
        pid = holder(self._state)
        if not pid:
            await self._launch()
            return
        if self._version() not in ("", __version__):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
        await _ended(pid)
        if self._process is not None and self._process.poll() is not None:
            self._process = None

    def _version(self) -> str:
        try:
            with open(self._state, "rb") as file:
                return str(json.loads(file.read())["version"])
        except (OSError, ValueError, KeyError, TypeError):
            return ""

    async def _launch(self) -> None:
        """Starts it, and waits until it holds the lock. What goes wrong stands in its log."""
        process = self._process = await asyncio.to_thread(self._spawn)
        waited = 0.0
        while not holder(self._state) and process.poll() is None and waited < START_SECONDS:
            await asyncio.sleep(START_LOOKS_SECONDS)
            waited += START_LOOKS_SECONDS
        if process.poll():
            LOG.error("the log forwarder ended with status %s, see log-forwarder.log", process.returncode)
            await asyncio.sleep(LOOK_SECONDS)

    def _spawn(self) -> "subprocess.Popen[bytes]":
        package = os.path.dirname(os.path.dirname(os.path.abspath(dockyard.__file__)))
        arguments = ("--spools", self._paths.log_spools, "--state", self._state)
        variables = (*_KEPT_VARIABLES, *_PROXY_VARIABLES)
        with open_log(f"{self._paths.exec_root}/log-forwarder.log") as log:
            return subprocess.Popen(
                [sys.executable, "-I", "-c", _PROGRAM, package, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                env={name: os.environ[name] for name in variables if name in os.environ},
                start_new_session=True,
            )


async def _ended(pid: int) -> None:
    """Returns when the process `pid` has ended, or it should be looked once more whether it has."""
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    except OSError:
        await asyncio.sleep(LOOK_SECONDS)
        return
    loop.add_reader(descriptor, ended.set)
    try:
        await ended.wait()
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)
