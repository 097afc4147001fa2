"""Containers, images and networks to show: values as the engine has them."""

import msgspec

from dockyard.engine.containers.config import Config, HostConfig, LogConfig, RestartPolicy
from dockyard.engine.containers.record import Container, Endpoint, MountPoint, State
from dockyard.engine.containers.state import Status

ID = "460d688239304172f39bb9586bfc5959e0c3db64e7c3a0937f1003f94408ebbd"
IMAGE_ID = "sha256:" + "ef" * 32
STARTED_NS = 1_700_000_000_123_456_700
CREATED_NS = STARTED_NS - 2_000_000_000

RUNNING = Container(
    id=ID,
    name="keen_turing",
    created_at_ns=CREATED_NS,
    path="/bin/sh",
    args=("-c", "sleep 1000"),
    config=Config(
        hostname=ID[:12],
        env=("PATH=/bin",),
        cmd=("/bin/sh", "-c", "sleep 1000"),
        image="busybox",
        labels={"a": "b"},
        exposed_ports={"80/tcp": {}},
    ),
    host_config=HostConfig(
        network_mode="bridge",
        ipc_mode="private",
        shm_size=64 << 20,
        log_config=LogConfig("json-file", {}),
        restart_policy=RestartPolicy("no"),
    ),
    image_id=IMAGE_ID,
    driver="overlay2",
    state=State(Status.RUNNING, pid=4962, started_at_ns=STARTED_NS),
    mounts=(
        MountPoint("volume", "/data", "/var/lib/dockyard/volumes/v/_data", name="v", driver="local", mode="z"),
        MountPoint("bind", "/etc/x", "/srv/x", mode="ro", rw=False, propagation="rprivate"),
    ),
    sandbox_id="ea" * 32,
    sandbox_key="/run/dockyard/netns/ea",
    endpoints=(
        Endpoint("bridge", "25" * 32, "09" * 32, "172.17.0.1", "172.17.0.6", 16, "02:42:ac:11:00:06"),
    ),
    ports={"80/tcp": (("0.0.0.0", "6081"), ("::", "6081")), "22/tcp": None},
    hostname_path="/c/hostname",
    hosts_path="/c/hosts",
    resolv_conf_path="/c/resolv.conf",
    log_path="/c/json.log",
    graph_data={"LowerDir": "/l", "MergedDir": "/m", "UpperDir": "/u", "WorkDir": "/w"},
)  # fmt: skip


def with_state(**state: object) -> Container:
    """RUNNING in another state."""
    return msgspec.structs.replace(RUNNING, state=State(**state))  # type: ignore[arg-type]
