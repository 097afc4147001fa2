"""The container configuration `config.json` as frozen values: OCI runtime-spec v1.2, config.md and config-linux.md.

https://github.com/opencontainers/runtime-spec/blob/v1.2.0/config.md
Class name = name in the spec, field = snake_case of the JSON key. Made by `decode.spec_from_json`.
"""

from collections.abc import Mapping
from typing import NamedTuple

from dockyard.spec.runtime.empty import EMPTY
from dockyard.spec.runtime.hooks import Hooks
from dockyard.spec.runtime.process import Process
from dockyard.spec.runtime.resources import Resources
from dockyard.spec.runtime.seccomp import Seccomp


class Root(NamedTuple):
    """The root file system; a relative path is relative to the bundle."""

    path: str
    readonly: bool = False


class IdMapping(NamedTuple):
    """A range of user or group ids: `container_id`… inside is `host_id`… outside, `size` of them."""

    container_id: int
    host_id: int
    size: int


class Mount(NamedTuple):
    """One mount below the root; `options` as in fstab plus the spec's (`rbind`, `rro`, `tmpcopyup`, `idmap`…)."""

    destination: str
    type: str = ""
    source: str = ""
    options: tuple[str, ...] = ()
    uid_mappings: tuple[IdMapping, ...] = ()
    gid_mappings: tuple[IdMapping, ...] = ()


class Namespace(NamedTuple):
    """A namespace to make, or with `path` to join.

    `type` is `pid`, `network`, `mount`, `ipc`, `uts`, `user`, `cgroup` or `time`.
    """

    type: str
    path: str = ""


class Device(NamedTuple):
    """A device node to make; `type` is `c`, `b`, `u` or `p`."""

    path: str
    type: str
    major: int = 0
    minor: int = 0
    file_mode: int | None = None
    uid: int | None = None
    gid: int | None = None


class TimeOffset(NamedTuple):
    """Offset of a clock in the time namespace."""

    secs: int = 0
    nanosecs: int = 0


class Personality(NamedTuple):
    """Execution domain of personality(2): `LINUX` or `LINUX32`."""

    domain: str
    flags: tuple[str, ...] = ()


class IntelRdt(NamedTuple):
    """Intel resource director: cache and memory bandwidth class."""

    clos_id: str = ""
    l3_cache_schema: str = ""
    mem_bw_schema: str = ""
    enable_cmt: bool = False
    enable_mbm: bool = False


class Linux(NamedTuple):
    """The part of the configuration that is Linux's own."""

    namespaces: tuple[Namespace, ...] = ()
    uid_mappings: tuple[IdMapping, ...] = ()
    gid_mappings: tuple[IdMapping, ...] = ()
    devices: tuple[Device, ...] = ()
    cgroups_path: str = ""
    resources: Resources | None = None
    rootfs_propagation: str = ""
    seccomp: Seccomp | None = None
    sysctl: Mapping[str, str] = EMPTY
    masked_paths: tuple[str, ...] = ()
    readonly_paths: tuple[str, ...] = ()
    mount_label: str = ""
    personality: Personality | None = None
    time_offsets: Mapping[str, TimeOffset] = EMPTY
    intel_rdt: IntelRdt | None = None


class Spec(NamedTuple):
    """A whole `config.json`."""

    oci_version: str
    process: Process | None = None
    root: Root | None = None
    hostname: str = ""
    domainname: str = ""
    mounts: tuple[Mount, ...] = ()
    hooks: Hooks | None = None
    annotations: Mapping[str, str] = EMPTY
    linux: Linux | None = None
