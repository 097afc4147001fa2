"""Filling in what a request leaves open: from the image's configuration, and from the daemon's."""

import msgspec

from dockyard.engine.config import DaemonConfig
from dockyard.engine.containers import health
from dockyard.engine.containers.config import Config, HostConfig, LogConfig, RestartPolicy, Set, Strings, Ulimit
from dockyard.engine.security.defaults import MASKED_PATHS, READONLY_PATHS
from dockyard.errors import InvalidParameter
from dockyard.logdrivers.drivers import CACHE_OPTIONS


def with_image(config: Config, image: Config) -> Config:
    """`config` completed by the image's: environment and labels variable by variable, ports and volumes added up.

    Entrypoint and command follow Docker's rule: an own entrypoint drops the image's command too. Raises
    InvalidParameter when neither says what to run.
    """
    entrypoint, cmd = config.entrypoint, config.cmd
    if not entrypoint:
        if not cmd:
            cmd = image.cmd
        if entrypoint is None:
            entrypoint = image.entrypoint
    if entrypoint == ("",):  # how clients say: no entrypoint, not even the image's
        entrypoint = None
    if not entrypoint and not cmd:
        raise InvalidParameter("no command specified")
    return msgspec.structs.replace(
        config,
        user=config.user or image.user,
        exposed_ports=_union(config.exposed_ports, image.exposed_ports),
        env=_merged_env(config.env, image.env),
        labels={**(image.labels or {}), **(config.labels or {})},
        entrypoint=entrypoint,
        cmd=cmd,
        working_dir=config.working_dir or image.working_dir,
        volumes=_union(config.volumes, image.volumes) or None,
        stop_signal=config.stop_signal or image.stop_signal,
        stop_timeout=config.stop_timeout if config.stop_timeout is not None else image.stop_timeout,
        healthcheck=health.merged(config.healthcheck, image.healthcheck),
        shell=config.shell or image.shell,
        on_build=config.on_build or image.on_build,
    )


def command(config: Config) -> tuple[str, tuple[str, ...]]:
    """The program and its arguments: entrypoint, then cmd."""
    words = (*(config.entrypoint or ()), *(config.cmd or ()))
    return words[0], words[1:]


def with_daemon(
    host: HostConfig, daemon: DaemonConfig, *, cgroup_v2: bool, masked_paths: tuple[str, ...] = MASKED_PATHS
) -> HostConfig:
    """`host` with the daemon's defaults, and this machine's masked paths, in the place of what was left open."""
    memory_swap = host.memory_swap
    if host.memory > 0 and memory_swap == 0:
        memory_swap = host.memory * 2
    cgroupns = host.cgroupns_mode or daemon.default_cgroupns_mode or ("private" if cgroup_v2 else "host")
    if host.privileged and not host.cgroupns_mode and not cgroup_v2:
        cgroupns = "host"
    masked = () if host.privileged else masked_paths
    readonly = () if host.privileged else READONLY_PATHS
    return msgspec.structs.replace(
        host,
        memory_swap=memory_swap,
        memory_swappiness=None if host.memory_swappiness == -1 else host.memory_swappiness,
        security_opt=_security_options(host),
        oom_kill_disable=bool(host.oom_kill_disable),
        log_config=_log_config(host.log_config, daemon),
        network_mode=_network_mode(host.network_mode),
        restart_policy=host.restart_policy if host.restart_policy.name else RestartPolicy("no"),
        ipc_mode=host.ipc_mode or daemon.default_ipc_mode,
        cgroupns_mode=cgroupns,
        shm_size=host.shm_size or daemon.default_shm_size,
        runtime=host.runtime or daemon.default_runtime,
        masked_paths=host.masked_paths if host.masked_paths is not None else masked,
        readonly_paths=host.readonly_paths if host.readonly_paths is not None else readonly,
        ulimits=_ulimits(host.ulimits, daemon),
        init=host.init if host.init is not None else (daemon.init or None),
    )


def _log_config(log: LogConfig, daemon: DaemonConfig) -> LogConfig:
    """Docker's mergeAndVerifyLogConfig: the daemon's options for its own driver, those of the cache for every one."""
    driver = log.type or daemon.log_driver
    defaults = {
        key: value for key, value in daemon.log_options.items() if driver == daemon.log_driver or key in CACHE_OPTIONS
    }
    return LogConfig(driver, {**defaults, **(log.config or {})})


def _security_options(host: HostConfig) -> Strings:
    """Who sees the host's processes or memory gets no label, unless the user wants one."""
    labelled = any(option.partition("=")[0].partition(":")[0] == "label" for option in host.security_opt or ())
    if labelled or not (host.privileged or "host" in (host.ipc_mode, host.pid_mode)):
        return host.security_opt
    return (*(host.security_opt or ()), "label=disable")


def _network_mode(mode: str) -> str:
    return "bridge" if mode in ("", "default") else mode


def _ulimits(own: tuple[Ulimit, ...] | None, daemon: DaemonConfig) -> tuple[Ulimit, ...] | None:
    if not daemon.default_ulimits:
        return own
    named = {ulimit.name for ulimit in own or ()}
    inherited = (Ulimit(name=one.name, hard=one.hard, soft=one.soft) for one in daemon.default_ulimits)
    return (*(own or ()), *(one for one in inherited if one.name not in named))


def _union(own: Set, inherited: Set) -> Set:
    if not own and not inherited:
        return own
    return {**(inherited or {}), **(own or {})}


def _merged_env(own: Strings, inherited: Strings) -> Strings:
    """The user's variables, then the image's that the user didn't set: the order that Docker gives."""
    if own is None:
        return inherited
    named = {entry.partition("=")[0] for entry in own}
    return (*own, *(entry for entry in inherited or () if entry.partition("=")[0] not in named))
