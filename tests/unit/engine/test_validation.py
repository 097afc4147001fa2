"""Requests that can't be had are refused before anything is made, in Docker's words."""

import msgspec
import pytest

from dockyard.engine.config import DaemonConfig
from dockyard.engine.containers.config import Config, HostConfig, LogConfig, RestartPolicy, Ulimit
from dockyard.engine.containers.validation import check, check_joined
from dockyard.errors import DockyardError, InvalidParameter, NotImplementedYet

REFUSED = [
    (HostConfig(memory=1 << 20), "Minimum memory limit allowed is 6MB"),
    (HostConfig(memory_swap=1 << 30), "You should always set the Memory limit when using Memoryswap limit"),
    (HostConfig(memory=1 << 30, memory_swap=1 << 20), "Minimum memoryswap limit should be larger"),
    (HostConfig(memory=1 << 30, memory_reservation=1 << 31), "can not be less than memory reservation limit"),
    (HostConfig(memory_swappiness=101), "valid memory swappiness range is 0-100"),
    (HostConfig(nano_cpus=1 << 40), "range of CPUs is from 0.01 to"),
    (HostConfig(nano_cpus=1_000_000_000, cpu_quota=5000), "Nano CPUs and CPU Quota cannot both be set"),
    (HostConfig(cpu_period=10), "CPU cfs period can not be less than 1ms"),
    (HostConfig(cpuset_cpus="a-b"), "Invalid value a-b for cpuset cpus"),
    (HostConfig(cpuset_cpus="4096"), "Requested CPUs are not available - requested 4096"),
    (HostConfig(blkio_weight=5), "Range of blkio weight is from 10 to 1000"),
    (HostConfig(oom_score_adj=1001), "range for oom score adj is"),
    (HostConfig(shm_size=-1), "SHM size can not be less than 0"),
    (HostConfig(restart_policy=RestartPolicy("odd")), "invalid restart policy: unknown policy 'odd'"),
    (HostConfig(restart_policy=RestartPolicy("always", 3)), "maximum retry count can only be used with 'on-failure'"),
    (HostConfig(auto_remove=True, restart_policy=RestartPolicy("always")), "can't create 'AutoRemove' container"),
    (HostConfig(ipc_mode="odd"), "invalid IPC mode: odd"),
    (HostConfig(pid_mode="odd"), "invalid PID mode: odd"),
    (HostConfig(isolation="odd"), "invalid isolation (odd): linux only supports 'default'"),
    (HostConfig(userns_mode="odd"), "invalid user namespace mode: odd"),
    (HostConfig(storage_opt={"size": "1G"}), "--storage-opt is supported only for overlay over xfs"),
    (HostConfig(storage_opt={"odd": "1"}), "Unknown option odd"),
    (HostConfig(dns=("odd",)), 'invalid DNS server: ParseAddr("odd"): unable to parse IP'),
    (HostConfig(extra_hosts=("a:10.0.0.1",) * 4097), "too many extra hosts: at most 4096"),
    (HostConfig(extra_hosts=("a" * 1000 + ":10.0.0.1",) * 131), "too many extra hosts"),
    (HostConfig(cpu_realtime_period=10, cpu_realtime_runtime=20), "real-time"),
    (HostConfig(runtime="odd"), "unknown or invalid runtime name: odd"),
    (HostConfig(ulimits=(Ulimit("odd", 1, 1),)), "invalid ulimit type: odd"),
    (HostConfig(ulimits=(Ulimit("nofile", 1, 2),)), "ulimit soft limit must be less than or equal to hard limit"),
    (HostConfig(sysctls={"kernel.odd": "1"}), "sysctl 'kernel.odd' is not whitelisted"),
    (HostConfig(network_mode="host", sysctls={"net.x": "1"}), "not allowed in host network namespace"),
    (HostConfig(device_cgroup_rules=("odd",)), "invalid device cgroup rule format: 'odd'"),
    (HostConfig(log_config=LogConfig("json-file", {"odd": "1"})), "unknown log opt 'odd' for json-file log driver"),
]


@pytest.mark.parametrize(("host", "message"), REFUSED)
def test_bad_values_are_refused(host, message):
    with pytest.raises(InvalidParameter) as caught:
        check(Config(), host, DaemonConfig())
    assert message in str(caught.value)


def test_a_plain_configuration_passes():
    assert (
        check(Config(env=("A=1",), working_dir="/"), HostConfig(memory=64 << 20, pids_limit=20), DaemonConfig()) == []
    )


@pytest.mark.parametrize("config", [Config(working_dir="relative"), Config(env=("=x",)), Config(env=("",))])
def test_bad_portable_configuration(config):
    with pytest.raises(InvalidParameter):
        check(config, HostConfig(), DaemonConfig())


def test_every_field_of_host_config_that_differs_from_its_default_is_known_to_somebody():
    """A field that neither the spec, the engine nor validation reads would be an option silently ignored."""
    import pathlib

    import dockyard

    package = pathlib.Path(dockyard.__file__).parent
    text = "\n".join(
        path.read_text()
        for part in ("engine", "cmd")
        for path in (package / part).rglob("*.py")
        if path.name != "config.py"
    )
    unread = [name for name in HostConfig.__struct_fields__ if f".{name}" not in text and f'"{name}"' not in text]
    # Written by the client for itself only; the annotation of a file name on its side.
    assert set(unread) <= {"container_id_file"}, unread
    assert issubclass(HostConfig, msgspec.Struct) and issubclass(NotImplementedYet, DockyardError)


@pytest.mark.parametrize(
    ("config", "host", "message"),
    [
        (Config(hostname="h"), HostConfig(uts_mode="host"), "conflicting options: hostname and the UTS mode"),
        (Config(hostname="h"), HostConfig(network_mode="container:x"), "hostname and the network mode"),
        (
            Config(exposed_ports={"80/tcp": {}}),
            HostConfig(network_mode="container:x"),
            "port exposing and the container",
        ),
    ],
)
def test_what_belongs_to_another_namespace_is_not_chosen(config, host, message):
    with pytest.raises(InvalidParameter, match=message):
        check_joined(config, host)
