"""What a configuration must satisfy before anything is made of it; messages as runc's validator has them.

https://github.com/opencontainers/runtime-spec/blob/v1.2.0/config.md, config-linux.md
"""

import json
import re
from typing import Final

from dockyard.errors import InvalidParameter
from dockyard.linux import capabilities
from dockyard.linux.namespaces import FLAGS
from dockyard.linux.rlimit import NUMBERS as RLIMITS
from dockyard.linux.scheduling import FLAGS as SCHEDULER_FLAGS
from dockyard.linux.scheduling import IO_CLASSES, POLICIES
from dockyard.runtime.rootfs.options import PROPAGATION
from dockyard.runtime.rootfs.options import parse as parse_options
from dockyard.spec.runtime import Linux, Process, Spec

IDENTIFIER: Final = re.compile(r"[\w+.-]+\Z", re.ASCII)
LONGEST_IDENTIFIER: Final = 1024
CLOCKS: Final = ("monotonic", "boottime")
NO_ID: Final = (1 << 32) - 1
"""The id that means "leave it as it is" to setresuid(2)."""
IPC_SYSCTLS: Final = frozenset(
    (
        "kernel.msgmax",
        "kernel.msgmnb",
        "kernel.msgmni",
        "kernel.sem",
        "kernel.shmall",
        "kernel.shmmax",
        "kernel.shmmni",
        "kernel.shm_rmid_forced",
    )
)


def identifier(container_id: str) -> None:
    """InvalidParameter unless `container_id` can name a directory and nothing else."""
    if not container_id:
        raise InvalidParameter("container id cannot be empty")
    if container_id in (".", "..") or not IDENTIFIER.match(container_id) or len(container_id) > LONGEST_IDENTIFIER:
        raise InvalidParameter(f"invalid container ID format: {container_id}")


def specification(spec: Spec) -> None:
    """InvalidParameter for the first thing in `spec` that can't be carried out."""
    major = spec.oci_version.partition(".")[0]
    if major != "1":
        raise InvalidParameter(f"spec version {spec.oci_version!r} is not supported: 1.x expected")
    if spec.root is None:
        raise InvalidParameter("root must be specified")
    if spec.process is None:
        raise InvalidParameter("process property must not be empty")
    process(spec.process)
    _linux(spec, spec.linux or Linux())
    for mount in spec.mounts:
        if not mount.destination.strip("/."):
            raise InvalidParameter(f"invalid mount destination {mount.destination!r}: below the root expected")
        parse_options(mount)


def process(wanted: Process) -> None:
    """InvalidParameter for the first thing in `wanted` that can't be carried out."""
    if not wanted.args:
        raise InvalidParameter("args must not be empty")
    if not wanted.cwd:
        raise InvalidParameter("Cwd property must not be empty")
    if not wanted.cwd.startswith("/"):
        raise InvalidParameter("Cwd must be an absolute path")
    for number in (wanted.user.uid, wanted.user.gid, *wanted.user.additional_gids):
        if not 0 <= number < NO_ID:
            raise InvalidParameter(f"user or group id {number} is out of range")
    for variable in wanted.env:
        name, equals, _ = variable.partition("=")
        if not name or not equals:
            raise InvalidParameter(f"invalid environment variable: {variable!r}")
    for rlimit in wanted.rlimits:
        if rlimit.type not in RLIMITS:
            raise InvalidParameter(f"invalid rlimit type: {rlimit.type}")
    if len({rlimit.type for rlimit in wanted.rlimits}) != len(wanted.rlimits):
        raise InvalidParameter("rlimits: a type may be given once only")
    for names in wanted.capabilities or ():
        for name in names:
            if name not in capabilities.NUMBERS:
                raise InvalidParameter(f"unknown capability {name!r}")
    _scheduling(wanted)


def _scheduling(wanted: Process) -> None:
    if (scheduler := wanted.scheduler) is not None:
        if scheduler.policy not in POLICIES:
            raise InvalidParameter(f"invalid scheduler policy: {scheduler.policy}")
        for flag in scheduler.flags:
            if flag not in SCHEDULER_FLAGS:
                raise InvalidParameter(f"invalid scheduler flag: {flag}")
        if not -20 <= scheduler.nice <= 19:
            raise InvalidParameter(f"invalid scheduler.nice: {scheduler.nice}")
        if scheduler.priority and scheduler.policy not in ("SCHED_FIFO", "SCHED_RR"):
            raise InvalidParameter("scheduler.priority can only be specified for SchedFIFO or SchedRR policy")
        if scheduler.policy != "SCHED_DEADLINE" and (scheduler.runtime or scheduler.deadline or scheduler.period):
            raise InvalidParameter("scheduler runtime/deadline/period can only be specified for SchedDeadline policy")
    if (io_priority := wanted.io_priority) is not None:
        if io_priority.class_ not in IO_CLASSES:
            raise InvalidParameter(f"invalid ioPriority.Class: {io_priority.class_!r}")
        if not 0 <= io_priority.priority <= 7:
            raise InvalidParameter(f"invalid ioPriority.Priority: {io_priority.priority}")


def _linux(spec: Spec, linux: Linux) -> None:
    own: set[str] = set()
    for namespace in linux.namespaces:
        shown = f"{{{json.dumps(namespace.type)} {json.dumps(namespace.path or '')}}}"  # as runc shows it
        if namespace.type not in FLAGS:
            raise InvalidParameter(f"namespace {shown} does not exist")
        if namespace.type in own:
            raise InvalidParameter(f"malformed spec file: duplicated ns {shown}")
        own.add(namespace.type)
    if spec.hostname and "uts" not in own:
        raise InvalidParameter("unable to set hostname without a private UTS namespace")
    if spec.domainname and "uts" not in own:
        raise InvalidParameter("unable to set domainname without a private UTS namespace")
    if "mount" not in own and (linux.masked_paths or linux.readonly_paths):
        raise InvalidParameter("unable to restrict sys entries without a private MNT namespace")
    if spec.mounts and not any(each.type == "mount" and not each.path for each in linux.namespaces):
        raise InvalidParameter("unable to make mounts without a new MNT namespace")
    _user_and_time(linux, own)
    if linux.rootfs_propagation and linux.rootfs_propagation not in PROPAGATION:
        raise InvalidParameter(f"rootfsPropagation={linux.rootfs_propagation} is not supported")
    for name in linux.sysctl:
        _sysctl(name, own)
    if linux.personality is not None and linux.personality.domain not in ("LINUX", "LINUX32"):
        raise InvalidParameter(f"invalid personality domain {linux.personality.domain!r}")
    if linux.intel_rdt is not None:
        raise InvalidParameter("intelRdt is specified in config, but Intel RDT is not supported or enabled")


def _user_and_time(linux: Linux, own: set[str]) -> None:
    """Mappings and a user namespace belong together, offsets and a time namespace."""
    mapped = linux.uid_mappings or linux.gid_mappings
    if "user" not in own and mapped:
        raise InvalidParameter("User namespace mappings specified, but user namespace isn't enabled in the config")
    for namespace in linux.namespaces:
        if namespace.type == "user" and not namespace.path and not (linux.uid_mappings and linux.gid_mappings):
            raise InvalidParameter("User namespaces enabled, but no uid or gid mappings found.")
        if namespace.type == "user" and namespace.path and mapped:
            raise InvalidParameter("User namespace path and mappings are mutually exclusive")
    if linux.time_offsets and "time" not in own:
        raise InvalidParameter("time namespace offsets specified, but time namespace isn't enabled in the config")
    for clock in linux.time_offsets:
        if clock not in CLOCKS:
            raise InvalidParameter(f"invalid clock {clock!r} in timeOffsets")


def _sysctl(name: str, own: set[str]) -> None:
    """Only those that belong to a namespace of the container; the rest would change the host."""
    dotted = dotted_sysctl(name)
    if not all(part.strip("/") for part in dotted.split(".")):  # `net/../kernel/panic` has parts without a name
        raise InvalidParameter(f'sysctl "{name}" is not the name of a parameter')
    if dotted in IPC_SYSCTLS or dotted.startswith("fs.mqueue."):
        if "ipc" in own:
            return
        raise InvalidParameter(f'sysctl "{name}" is not allowed in the hosts ipc namespace')
    if dotted.startswith("net."):
        if "network" in own:
            return
        raise InvalidParameter(f'sysctl "{name}" not allowed in host network namespace')
    if dotted == "kernel.domainname" and "uts" in own:
        return
    if dotted == "kernel.hostname":
        raise InvalidParameter(f'sysctl "{name}" is not allowed as it conflicts with the OCI "hostname" field')
    raise InvalidParameter(f'sysctl "{name}" is not in a separate kernel namespace')


def dotted_sysctl(name: str) -> str:
    """The name with dots between its parts: `net/ipv4/conf/eth0.100/x` is `net.ipv4.conf.eth0/100.x`, as sysctl(8)."""
    dot, slash = name.find("."), name.find("/")
    if slash < 0 or 0 <= dot < slash:
        return name
    return name.translate(str.maketrans("./", "/."))
