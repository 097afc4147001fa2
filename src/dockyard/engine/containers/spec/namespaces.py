"""The namespaces of a container: its own, another container's, or the host's (namespaces(7))."""

from dataclasses import dataclass

from dockyard.engine.containers.config import HostConfig
from dockyard.spec.runtime import Namespace


@dataclass(frozen=True, slots=True)
class Joined:
    """Paths of namespaces that exist already; "" for those to be made."""

    network: str = ""
    pid: str = ""
    ipc: str = ""
    user: str = ""
    """"" is the host's."""


def namespaces(host: HostConfig, joined: Joined) -> tuple[Namespace, ...]:
    """What the container gets of each kind; a kind that is left out is shared with the host."""
    found = [Namespace("mount")]
    if host.network_mode != "host":
        found.append(Namespace("network", joined.network))
    if host.uts_mode != "host":
        found.append(Namespace("uts"))
    if host.pid_mode != "host":
        found.append(Namespace("pid", joined.pid))
    if host.ipc_mode != "host":
        found.append(Namespace("ipc", joined.ipc))
    if joined.user:
        found.append(Namespace("user", joined.user))
    if host.cgroupns_mode == "private":
        found.append(Namespace("cgroup"))
    return tuple(found)
