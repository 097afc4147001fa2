"""The whole OCI configuration of a container, from its record and what was prepared for this start.

Pure but for reading the machine's device nodes: everything else comes as an argument. Docker's own choices are in
moby's daemon/oci_linux.go; where one is copied as a fact, the comment says so.
"""

import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from dockyard.engine.config import DaemonConfig
from dockyard.engine.containers.config import HostConfig
from dockyard.engine.containers.record import Container
from dockyard.engine.containers.spec import devices, mounts
from dockyard.engine.containers.spec.namespaces import Joined, namespaces
from dockyard.engine.containers.spec.process import environment, process
from dockyard.engine.containers.spec.resources import resources
from dockyard.engine.containers.spec.security_options import (
    SecurityOptions,
    apparmor_profile,
    parse_security_options,
)
from dockyard.engine.containers.spec.user import ResolvedUser
from dockyard.engine.security.capabilities import ALL_CAPABILITIES, normalize_capabilities, resolve_capabilities
from dockyard.engine.security.defaults import DEFAULT_DEVICES_CGROUP, MASKED_PATHS
from dockyard.engine.security.profile import container_seccomp
from dockyard.engine.security.remap import Remap
from dockyard.engine.security.selinux import Contexts
from dockyard.errors import InvalidParameter
from dockyard.spec.runtime import Linux, Mount, Process, Root, Seccomp, Spec

OCI_VERSION = "1.2.0"
INIT_DESTINATION = "/sbin/docker-init"
DEFAULT_CGROUP_PARENT = "/docker"

PING_GROUPS = "net.ipv4.ping_group_range"
DEFAULT_SYSCTLS = {"net.ipv4.ip_unprivileged_port_start": "0", PING_GROUPS: "0 2147483647"}
"""A container with a network of its own may bind low ports and ping without capabilities (Docker, since 20.10)."""


@dataclass(frozen=True, slots=True)
class Machine:
    """What the configuration depends on of this machine: kernel version and Docker's name of the architecture."""

    kernel: tuple[int, int]
    arch: str
    cgroup_v2: bool
    seccomp_profile: str
    """The daemon's `--seccomp-profile`: "", `unconfined`, or the JSON text of the file."""
    capabilities: tuple[str, ...] = ALL_CAPABILITIES
    """Those in this process's bounding set: nobody below it can have others."""
    masked_paths: tuple[str, ...] = MASKED_PATHS
    """What containers don't see unless they ask for it: it depends on the CPUs."""
    block_io_weight: bool = True
    """Whether the kernel can weigh block I/O."""
    apparmor: bool = False
    """Whether the kernel confines by AppArmor."""
    selinux: Contexts | None = None
    """The contexts of containers, when the daemon is to use SELinux and the kernel has it."""
    remap: Remap | None = None
    """The ids that containers have instead of the host's (`--userns-remap`)."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """What was made for this start: the root's path, namespaces to join, the user, and files to bind."""

    rootfs: str
    joined: Joined
    user: ResolvedUser
    network_files: Sequence[tuple[str, str]]
    shm_source: str | None = None
    init_path: str | None = None
    remap: Remap | None = None
    """The ids of this container, when they aren't the host's."""
    linked: Sequence[str] = ()
    """Variables that tell of containers that this one is linked to."""
    private_env: Sequence[str] = ()
    """Variables that the record doesn't have."""
    bound_sources: Mapping[str, str] = field(default_factory=dict)
    """What is bound in the place of a mount's source, by destination."""


def build_spec(container: Container, prepared: Prepared, daemon: DaemonConfig, machine: Machine) -> Spec:
    """The container's `config.json`; InvalidParameter or NotImplementedYet when an option can't be had."""
    host = container.host_config
    config = container.config
    capabilities = container_capabilities(host, machine, privileged=host.privileged)
    security = parse_security_options(host.security_opt or (), daemon.no_new_privileges)
    devices.refuse_requests(host.device_requests or ())
    nodes, rules = devices.nodes_and_rules(host, DEFAULT_DEVICES_CGROUP)
    args: tuple[str, ...] = (container.path, *container.args)
    extra: list[Mount] = []
    if prepared.init_path is not None:
        args = (INIT_DESTINATION, "--", *args)
        extra.append(Mount(INIT_DESTINATION, "bind", prepared.init_path, ("bind", "ro")))
    writable = host.privileged or security.writable_cgroups
    # Docker: a private cgroup namespace shows only the container's own part, so it may be writable when privileged.
    system = mounts.system_mounts(host, prepared.shm_source, cgroup_readonly=not writable)
    users = mounts.user_mounts(container.mounts, machine.kernel, prepared.bound_sources, prepared.remap)
    files = mounts.network_file_mounts(prepared.network_files, host.readonly_rootfs, prepared.remap)
    return Spec(
        oci_version=OCI_VERSION,
        process=process(
            args=args,
            env=environment(
                (*prepared.linked, *(config.env or ()), *prepared.private_env),
                config.hostname,
                config.tty,
                prepared.user.home,
            ),
            cwd=config.working_dir,
            user=prepared.user,
            capabilities=capabilities,
            tty=config.tty,
            console_size=host.console_size,
            ulimits=host.ulimits or (),
            no_new_privileges=security.no_new_privileges,
            apparmor_profile=_apparmor(host, security, machine),
            selinux_label=container.process_label,
            oom_score_adj=host.oom_score_adj,
        ),
        root=Root(prepared.rootfs, host.readonly_rootfs),
        hostname=config.hostname if host.uts_mode != "host" else "",
        domainname=config.domainname if host.uts_mode != "host" else "",
        mounts=mounts.ordered([*system, *files, *extra], users),
        annotations=host.annotations or {},
        linux=Linux(
            namespaces=namespaces(host, prepared.joined),
            devices=nodes,
            cgroups_path=cgroups_path(container, daemon),
            resources=resources(host, rules),
            seccomp=_seccomp(container, security, capabilities, machine),
            sysctl=_sysctls(container, remapped=prepared.remap is not None),
            masked_paths=host.masked_paths or (),
            readonly_paths=host.readonly_paths or (),
            mount_label=container.mount_label,
        ),
    )


def build_exec_process(
    container: Container,
    *,
    args: Sequence[str],
    env: Sequence[str],
    cwd: str,
    user: ResolvedUser,
    tty: bool,
    console_size: tuple[int, int],
    privileged: bool,
    daemon: DaemonConfig,
    machine: Machine,
) -> Process:
    """The process of an `exec`: the container's own rights, or all of them when the exec is privileged."""
    host = container.host_config
    capabilities = container_capabilities(host, machine, privileged=privileged or host.privileged)
    security = parse_security_options(host.security_opt or (), daemon.no_new_privileges)
    return process(
        args=args,
        env=env,
        cwd=cwd or container.config.working_dir,
        user=user,
        capabilities=capabilities,
        tty=tty,
        console_size=console_size,
        ulimits=host.ulimits or (),
        no_new_privileges=security.no_new_privileges,
        apparmor_profile=_apparmor(host, security, machine),
        selinux_label=container.process_label,
        oom_score_adj=host.oom_score_adj,
    )


def _apparmor(host: HostConfig, security: SecurityOptions, machine: Machine) -> str:
    return apparmor_profile(security.apparmor, privileged=host.privileged, enabled=machine.apparmor)


def container_capabilities(host: HostConfig, machine: Machine, *, privileged: bool) -> tuple[str, ...]:
    """The capabilities that `host` asks for, of those that this machine can give; InvalidParameter for unknown ones."""
    available = machine.capabilities
    for names, option in ((host.cap_add, "CapAdd"), (host.cap_drop, "CapDrop")):
        try:
            normalize_capabilities(names or (), available)
        except InvalidParameter as error:
            raise InvalidParameter(f"invalid {option}: {error}") from error
    return resolve_capabilities(host.cap_add or (), host.cap_drop or (), privileged, available)


def cgroups_path(container: Container, daemon: DaemonConfig) -> str:
    """Where the container's control group is, below each hierarchy: `<parent>/<id>`."""
    parent = container.host_config.cgroup_parent or daemon.cgroup_parent or DEFAULT_CGROUP_PARENT
    # Cleaned as below a root, so that no `..` leads out of the hierarchy.
    return posixpath.normpath(f"/{parent.lstrip('/')}/{container.id}")


def _seccomp(
    container: Container, security: SecurityOptions, capabilities: tuple[str, ...], machine: Machine
) -> Seccomp | None:
    return container_seccomp(
        security.seccomp,
        daemon_profile=machine.seccomp_profile,
        privileged=container.host_config.privileged,
        capabilities=capabilities,
        kernel=machine.kernel,
        arch=machine.arch,
    )


def _sysctls(container: Container, *, remapped: bool) -> dict[str, str]:
    host = container.host_config
    own_network = host.network_mode != "host" and not host.network_mode.startswith("container:")
    defaults = dict(DEFAULT_SYSCTLS) if own_network and not host.privileged else {}
    if remapped:
        defaults.pop(PING_GROUPS, None)  # groups that a user namespace doesn't have
    elif container.config.domainname and host.uts_mode != "host":
        defaults["kernel.domainname"] = container.config.domainname  # older runtimes don't know `domainname`
    return {**defaults, **(host.sysctls or {})}
