"""Checks of a container's configuration before anything is made, with Docker's messages.

`check` raises InvalidParameter, NotFound or NotImplementedYet; what is merely without effect comes back as warnings
that the client prints.
"""

import os
import re
from ipaddress import ip_address

from dockyard.engine.config import DaemonConfig
from dockyard.engine.containers.config import Config, HostConfig, Resources, RestartPolicy
from dockyard.engine.containers.health import check_config
from dockyard.engine.containers.kernel_support import has_real_time_groups
from dockyard.engine.containers.lifecycle.signals import parse_signal
from dockyard.engine.containers.ports import port_requests
from dockyard.engine.containers.spec.devices import parse_rule
from dockyard.engine.containers.unhealthy import check_label
from dockyard.engine.containers.user_namespace import check_modes
from dockyard.errors import InvalidParameter
from dockyard.logdrivers.drivers import check_options
from dockyard.network.etc.hosts import parse_extra_host
from dockyard.network.portmap.bindings import parse_exposed

SMALLEST_MEMORY_BYTES = 6 << 20
RESTART_POLICIES = ("", "no", "always", "unless-stopped", "on-failure")
IPC_MODES = ("", "none", "private", "shareable", "host")
LARGEST_CPUSET = 8192
MAX_EXTRA_HOSTS = 4096
MAX_EXTRA_HOSTS_LETTERS = 128 << 10
"""Docker sets no limit. Ours lets all that a container may ask be told to its resolver in one message."""
CPUSET = re.compile(r"(\d+(-\d+)?)(,\d+(-\d+)?)*")
ULIMITS = frozenset(
    (
        *("core", "cpu", "data", "fsize", "locks", "memlock", "msgqueue", "nice", "nofile", "nproc", "rss"),
        *("rtprio", "rttime", "sigpending", "stack"),
    )
)


def check(config: Config, host: HostConfig, daemon: DaemonConfig) -> list[str]:
    """Warnings for the client; raises when the configuration can't be had."""
    _check_isolation(host)
    check_config(config.healthcheck)
    check_modes(host, remapped=bool(daemon.userns_remap))
    _check_storage(host.storage_opt or {})
    _check_lifetime(host)
    _check_modes(host)
    check_resources(host)
    _check_security(host)
    if host.log_config.type:
        check_options(host.log_config.type, host.log_config.config or {})
    _check_network(host)
    parse_exposed(config.exposed_ports or ())
    check_label(config.labels)
    if config.stop_signal:
        parse_signal(config.stop_signal)
    runtime = host.runtime
    if runtime and runtime != "runc" and runtime not in daemon.runtimes:
        raise InvalidParameter(f"unknown or invalid runtime name: {runtime}")
    if config.working_dir and not config.working_dir.startswith("/"):
        raise InvalidParameter(
            f"the working directory '{config.working_dir}' is invalid, it needs to be an absolute path"
        )
    for variable in config.env or ():
        if not variable or variable.startswith("=") or "\0" in variable:
            raise InvalidParameter(f"invalid environment variable: {variable}")
    warnings = []
    if host.network_mode == "host" and host.port_bindings:
        warnings.append("Published ports are discarded when using host network mode")
    if host.cgroup:
        warnings.append("HostConfig.Cgroup has no effect, as in Docker; CgroupParent chooses the group")
    return warnings


def check_joined(config: Config, host: HostConfig) -> None:
    """What can't be chosen for a namespace that is somebody else's. `config` is the request, before the image's."""
    if config.hostname and host.uts_mode == "host":
        raise InvalidParameter("conflicting options: hostname and the UTS mode")
    if not host.network_mode.startswith("container:"):
        return
    if config.hostname:
        raise InvalidParameter("conflicting options: hostname and the network mode")
    if host.dns:
        raise InvalidParameter("conflicting options: dns and the network mode")
    if host.extra_hosts:
        raise InvalidParameter("conflicting options: custom host-to-IP mapping and the network mode")
    if host.port_bindings or host.publish_all_ports:
        raise InvalidParameter("conflicting options: port publishing and the container type network mode")
    if config.exposed_ports:
        raise InvalidParameter("conflicting options: port exposing and the container type network mode")


def _check_network(host: HostConfig) -> None:
    port_requests(host)
    for address in host.dns or ():
        try:
            ip_address(address)
        except ValueError as error:
            raise InvalidParameter(f'invalid DNS server: ParseAddr("{address}"): unable to parse IP') from error
    extra_hosts = host.extra_hosts or ()
    if len(extra_hosts) > MAX_EXTRA_HOSTS or sum(map(len, extra_hosts)) > MAX_EXTRA_HOSTS_LETTERS:
        raise InvalidParameter(
            f"too many extra hosts: at most {MAX_EXTRA_HOSTS}, with {MAX_EXTRA_HOSTS_LETTERS} letters in sum"
        )
    for extra in extra_hosts:
        parse_extra_host(extra)


def _check_isolation(host: HostConfig) -> None:
    if host.isolation not in ("", "default"):
        raise InvalidParameter(f"invalid isolation ({host.isolation}): linux only supports 'default'")


def _check_storage(options: dict[str, str]) -> None:
    """A size for the writable layer needs project quotas, which no graph driver here has a file system with."""
    for name in options:
        if name != "size":
            raise InvalidParameter(f"Unknown option {name}")
        raise InvalidParameter("--storage-opt is supported only for overlay over xfs with 'pquota' mount option")


def _check_lifetime(host: HostConfig) -> None:
    policy = host.restart_policy
    check_restart_policy(policy)
    if host.auto_remove and policy.name not in ("", "no"):
        raise InvalidParameter("can't create 'AutoRemove' container with restart policy")


def check_restart_policy(policy: RestartPolicy) -> None:
    """Raises InvalidParameter for policies that don't exist; `update` shares this."""
    if policy.name not in RESTART_POLICIES:
        raise InvalidParameter(
            f"invalid restart policy: unknown policy '{policy.name}'; "
            "use one of 'no', 'always', 'on-failure', or 'unless-stopped'"
        )
    if policy.maximum_retry_count < 0:
        raise InvalidParameter("invalid restart policy: maximum retry count cannot be negative")
    if policy.maximum_retry_count and policy.name != "on-failure":
        raise InvalidParameter("invalid restart policy: maximum retry count can only be used with 'on-failure'")


def _check_modes(host: HostConfig) -> None:
    if host.ipc_mode not in IPC_MODES and not host.ipc_mode.startswith("container:"):
        raise InvalidParameter(f"invalid IPC mode: {host.ipc_mode}")
    if host.pid_mode not in ("", "host", "private") and not host.pid_mode.startswith("container:"):
        raise InvalidParameter(f"invalid PID mode: {host.pid_mode}")
    if host.uts_mode not in ("", "host", "private"):
        raise InvalidParameter(f"invalid UTS mode: {host.uts_mode}")
    if host.userns_mode not in ("", "host"):
        raise InvalidParameter(f"invalid user namespace mode: {host.userns_mode}")
    if host.cgroupns_mode not in ("", "host", "private"):
        raise InvalidParameter(f"invalid cgroup namespace mode: {host.cgroupns_mode}")


def check_resources(host: Resources) -> None:
    """The checks of limits, which `update` shares."""
    _check_memory(host)
    _check_cpu(host)
    if host.blkio_weight and not 10 <= host.blkio_weight <= 1000:
        raise InvalidParameter("Range of blkio weight is from 10 to 1000")
    if host.io_maximum_iops or host.io_maximum_bandwidth or host.cpu_count or host.cpu_percent:
        raise InvalidParameter("invalid option: Windows' resource limits don't exist on Linux")
    if host.kernel_memory or host.kernel_memory_tcp:
        raise InvalidParameter("kernel memory limits are not supported: the kernel deprecated them in 5.4")
    for rule in host.device_cgroup_rules or ():
        parse_rule(rule)
    for ulimit in host.ulimits or ():
        if ulimit.name not in ULIMITS:
            raise InvalidParameter(f"invalid ulimit type: {ulimit.name}")
        if ulimit.hard != -1 and (ulimit.soft > ulimit.hard or ulimit.soft == -1):
            raise InvalidParameter(
                f"ulimit soft limit must be less than or equal to hard limit: {ulimit.soft} > {ulimit.hard}"
            )


def _check_memory(host: Resources) -> None:
    memory, swap, reservation = host.memory, host.memory_swap, host.memory_reservation
    if memory and memory < SMALLEST_MEMORY_BYTES:
        raise InvalidParameter("Minimum memory limit allowed is 6MB")
    if memory > 0 and swap > 0 and swap < memory:
        raise InvalidParameter("Minimum memoryswap limit should be larger than memory limit, see usage")
    if memory == 0 and swap > 0:
        raise InvalidParameter("You should always set the Memory limit when using Memoryswap limit, see usage")
    swappiness = host.memory_swappiness
    if swappiness is not None and swappiness != -1 and not 0 <= swappiness <= 100:
        raise InvalidParameter(f"Invalid value: {swappiness}, valid memory swappiness range is 0-100")
    if reservation and reservation < SMALLEST_MEMORY_BYTES:
        raise InvalidParameter("Minimum memory reservation allowed is 6MB")
    if memory and reservation and memory < reservation:
        raise InvalidParameter("Minimum memory limit can not be less than memory reservation limit, see usage")


def _check_cpu(host: Resources) -> None:
    if host.nano_cpus and host.cpu_period:
        raise InvalidParameter("Conflicting options: Nano CPUs and CPU Period cannot both be set")
    if host.nano_cpus and host.cpu_quota:
        raise InvalidParameter("Conflicting options: Nano CPUs and CPU Quota cannot both be set")
    cpus = (os.cpu_count() or 1) if host.nano_cpus or host.cpuset_cpus else 1
    if host.nano_cpus < 0 or host.nano_cpus > cpus * 1_000_000_000:
        raise InvalidParameter(f"range of CPUs is from 0.01 to {cpus}.00, as there are only {cpus} CPUs available")
    if host.cpu_shares < 0:
        raise InvalidParameter(f"invalid CPU shares ({host.cpu_shares}): value must be a positive integer")
    period, runtime = host.cpu_realtime_period, host.cpu_realtime_runtime
    if (period or runtime) and not has_real_time_groups():
        raise InvalidParameter("kernel does not support CPU real-time scheduler")
    if period and runtime > period:
        raise InvalidParameter("cpu real-time runtime cannot be higher than cpu real-time period")
    if host.cpu_period and not 1000 <= host.cpu_period <= 1_000_000:
        raise InvalidParameter("CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)")
    if 0 < host.cpu_quota < 1000:
        raise InvalidParameter("CPU cfs quota can not be less than 1ms (i.e. 1000)")
    for value, what in ((host.cpuset_cpus, "cpus"), (host.cpuset_mems, "mems")):
        if value and not CPUSET.fullmatch(value):
            raise InvalidParameter(f"Invalid value {value} for cpuset {what}")
    highest = max((int(number) for number in re.findall(r"\d+", host.cpuset_cpus)), default=0)
    if highest >= LARGEST_CPUSET:
        raise InvalidParameter(
            f"Invalid value {host.cpuset_cpus} for cpuset cpus: value of out range, maximum is {LARGEST_CPUSET - 1}"
        )
    nodes = _online_nodes() if host.cpuset_mems else "0"
    if max((int(number) for number in re.findall(r"\d+", host.cpuset_mems)), default=0) > int(
        re.split("[-,]", nodes)[-1]
    ):
        raise InvalidParameter(
            f"Requested memory nodes are not available - requested {host.cpuset_mems}, available: {nodes}"
        )
    if highest >= cpus:
        raise InvalidParameter(
            f"Requested CPUs are not available - requested {host.cpuset_cpus}, available: 0-{cpus - 1}"
        )


def _online_nodes() -> str:
    try:
        with open("/sys/devices/system/node/online") as file:
            return file.read().strip() or "0"
    except OSError:
        return "0"  # a kernel without NUMA


def _check_security(host: HostConfig) -> None:
    if not -1000 <= host.oom_score_adj <= 1000:
        raise InvalidParameter(f"Invalid value {host.oom_score_adj}, range for oom score adj is [-1000, 1000]")
    if host.shm_size < 0:
        raise InvalidParameter("SHM size can not be less than 0")
    for name in host.sysctls or {}:
        if name.startswith("net.") and host.network_mode == "host":
            raise InvalidParameter(f"sysctl '{name}' not allowed in host network namespace")
        if not name.startswith(("net.", "fs.mqueue.")) and name not in _IPC_SYSCTLS:
            raise InvalidParameter(f"sysctl '{name}' is not whitelisted")


_IPC_SYSCTLS = frozenset(
    (
        *("kernel.msgmax", "kernel.msgmnb", "kernel.msgmni", "kernel.sem", "kernel.shmall", "kernel.shmmax"),
        *("kernel.shmmni", "kernel.shm_rmid_forced", "kernel.domainname", "kernel.hostname"),
    )
)
