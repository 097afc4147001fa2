"""`dockyardd`: the daemon. Reads its configuration, brings up the engine, opens the door, and waits for a signal.

SIGTERM and SIGINT end it; containers go on living, their shims being nobody's children here. SIGHUP reads daemon.json
again. dockerd(8) has the same flags, log lines and exit codes. A service manager is told what goes on (sd_notify(3)).
"""

import asyncio
import contextlib
import faulthandler
import gc
import logging
import os
import resource
import signal
import sys
import time
from collections.abc import Sequence

from dockyard import __version__
from dockyard.cmd.cgroup_figures import cgroup_figures
from dockyard.cmd.daemon_config import invocation
from dockyard.cmd.daemon_log import set_up_logging
from dockyard.cmd.listeners import close_all, open_all, serve_all
from dockyard.cmd.passed_sockets import passed_sockets
from dockyard.cmd.pidfile import PidFile
from dockyard.cmd.reload import reload
from dockyard.cmd.remapped_user import resolve_remap
from dockyard.cmd.service_manager import ServiceManager, service_manager
from dockyard.engine.config import DaemonConfig, RuntimeCommand
from dockyard.engine.engine import open_engine
from dockyard.errors import DockyardError
from dockyard.server.docker.buildkit.listen import listening
from dockyard.server.docker.door import Door, DoorSettings
from dockyard.server.docker.http.passed import PassedSocket
from dockyard.server.docker.http.server import HttpServer
from dockyard.server.docker.scope import Scope

LOG = logging.getLogger("dockyard.cmd.dockyardd")
BUILD = "dockyard"
BUILT_IN_RUNTIME = "import sys; from dockyard.cmd.runc.main import main; sys.exit(main(sys.argv[1:]))"
SWITCH_INTERVAL_SECONDS = 0.0005


def main(arguments: Sequence[str]) -> int:
    """Runs the daemon until it is told to end; the exit code."""
    try:
        asked = invocation(arguments, environment=os.environ)
    except DockyardError as error:
        print(f"dockyardd: {error}", file=sys.stderr)
        return 1
    if asked.answer is not None:
        print(asked.answer)
        return 0
    config = asked.config
    set_up_logging(config)
    # A library in this process may crash: that of nftables does when others have put in rules that are too new for it.
    with contextlib.suppress(OSError, RuntimeError, ValueError):  # there may be no standard error
        faulthandler.enable()
    for warning in config.warnings:
        LOG.warning(warning)
    if os.geteuid() != 0:
        print("dockyardd needs to be started with root privileges", file=sys.stderr)
        return 1
    # Threads that unpack or delete must not keep the event loop waiting for the interpreter lock: the default is 5 ms.
    sys.setswitchinterval(SWITCH_INTERVAL_SECONDS)
    try:
        os.umask(0o022)
        raise_descriptor_limit()
        with PidFile(config.pidfile):
            passed = passed_sockets(os.environ, os.getpid())
            asyncio.run(serve(config, arguments, passed, service_manager(os.environ, os.getpid())))
    except DockyardError as error:
        LOG.critical("failed to start daemon: %s", error)
        return 1
    return 0


def raise_descriptor_limit() -> None:
    """Takes as many descriptors as the hard limit gives: a published port is two sockets, a shim one."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


async def serve(
    config: DaemonConfig, arguments: Sequence[str], passed: Sequence[PassedSocket], manager: ServiceManager
) -> None:
    """Brings everything up, serves until SIGTERM or SIGINT, and lets go; `passed` are the sockets for `-H fd://`."""
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    loop.add_signal_handler(signal.SIGHUP, LOG.warning, "SIGHUP is ignored: the configuration has only just been read")
    LOG.info("Starting up")
    # The sockets first: a client that comes while containers are loaded waits instead of being refused, and a host that
    # can't be had is told before anything was touched.
    listeners = open_all(config, passed)
    try:
        remap = await asyncio.to_thread(resolve_remap, config.userns_remap)
        engine = await open_engine(
            config,
            build=BUILD,
            clock_ns=time.time_ns,
            remap=remap,
            figures=cgroup_figures(),
            built_in_runtime=RuntimeCommand(sys.executable, ("-c", BUILT_IN_RUNTIME)),
        )
    except BaseException:
        close_all(listeners)
        raise
    settings = DoorSettings(__version__, time.time_ns, config.experimental, config.buildkit)

    def door(scope: Scope | None = None) -> Door:
        return Door(engine, settings, scope=scope)

    server = HttpServer(door())
    try:
        loop.add_signal_handler(
            signal.SIGHUP, reload, engine, arguments, manager, {one.tls for one in listeners if one.tls}
        )
        driver = engine.services.layers.driver.name
        LOG.info("Docker daemon", extra={"fields": {"commit": BUILD, "storage-driver": driver, "version": __version__}})
        LOG.info("Daemon has completed initialization")
        await serve_all(listeners, server, door)
        async with listening(engine, config.buildkit_host):
            manager.ready()
            engine.services.background.start("watchdog", manager.keep_alive())
            gc.collect()
            gc.freeze()
            await ended.wait()
            manager.stopping()
        daemon = engine.services.daemon
        if daemon.live_restore:
            LOG.info("Processing signal: the daemon ends, containers go on")
        else:
            LOG.info("Processing signal: the daemon ends and stops all containers")
            await engine.stop_containers(daemon.shutdown_timeout)
    finally:
        with contextlib.suppress(Exception):
            await server.close(grace_seconds=1.0)
        await engine.close()
