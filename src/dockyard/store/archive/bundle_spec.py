"""An image's configuration as a runtime-spec: oci image-spec v1.1, conversion.md, field by field.

What the image doesn't say is what `runc spec` would say: default mounts, namespaces, masked paths; a terminal isn't
assumed.
"""

from dockyard.errors import InvalidParameter
from dockyard.spec.image.config import Image
from dockyard.spec.runtime import (
    Capabilities,
    DeviceRule,
    Linux,
    Mount,
    Namespace,
    Process,
    Resources,
    Rlimit,
    Root,
    Spec,
)
from dockyard.spec.runtime import User as ProcessUser
from dockyard.spec.runtime.defaults import DEFAULT_CAPABILITIES, READONLY_PATHS
from dockyard.store.archive.bundle_user import resolve_user

_VERSION = "1.0.2"
"""The oldest version that has all that is used here, so that old runtimes take it too."""
_PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_QUIET = ("nosuid", "noexec", "nodev")
_MOUNTS = (
    Mount("/proc", "proc", "proc"),
    Mount("/dev", "tmpfs", "tmpfs", ("nosuid", "strictatime", "mode=755", "size=65536k")),
    Mount("/dev/pts", "devpts", "devpts", ("nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5")),
    Mount("/dev/shm", "tmpfs", "shm", (*_QUIET, "mode=1777", "size=65536k")),
    Mount("/dev/mqueue", "mqueue", "mqueue", _QUIET),
    Mount("/sys", "sysfs", "sysfs", (*_QUIET, "ro")),
    Mount("/sys/fs/cgroup", "cgroup", "cgroup", (*_QUIET, "relatime", "ro")),
)
_MASKED = (
    "/proc/acpi",
    "/proc/asound",
    "/proc/kcore",
    "/proc/keys",
    "/proc/latency_stats",
    "/proc/timer_list",
    "/proc/timer_stats",
    "/proc/sched_debug",
    "/proc/scsi",
    "/sys/firmware",
)


def runtime_spec(image: Image, rootfs: str) -> Spec:
    """The specification for a container of `image`, whose unpacked files are in the directory `rootfs`.

    Raises InvalidParameter when the image has no command, or a user that isn't in its /etc/passwd.
    """
    config = image.config
    args = (*(config.entrypoint or ()), *(config.cmd or ()))
    if not args:
        raise InvalidParameter("no command specified")
    user = resolve_user(rootfs, config.user)
    env = config.env if any(entry.startswith("PATH=") for entry in config.env) else (_PATH, *config.env)
    return Spec(
        oci_version=_VERSION,
        process=Process(
            cwd=config.working_dir or "/",
            env=env,
            args=args,
            user=ProcessUser(uid=user.uid, gid=user.gid, additional_gids=user.groups),
            capabilities=Capabilities(
                bounding=DEFAULT_CAPABILITIES, effective=DEFAULT_CAPABILITIES, permitted=DEFAULT_CAPABILITIES
            ),
            rlimits=(Rlimit("RLIMIT_NOFILE", 1024, 1024),),
            no_new_privileges=True,
        ),
        root=Root("rootfs"),
        hostname="dockyard",
        mounts=(*_MOUNTS, *(_volume(path) for path in config.volumes)),
        annotations=_annotations(image),
        linux=Linux(
            namespaces=tuple(Namespace(kind) for kind in ("pid", "network", "ipc", "uts", "mount")),
            resources=Resources(devices=(DeviceRule(allow=False, access="rwm"),)),
            masked_paths=_MASKED,
            readonly_paths=READONLY_PATHS,
        ),
    )


def _volume(path: str) -> Mount:
    return Mount(path, "tmpfs", "tmpfs", ("rw", "nosuid", "nodev", "noexec", "relatime", "tmpcopyup"))


def _annotations(image: Image) -> dict[str, str]:
    config = image.config
    implied = {
        "org.opencontainers.image.os": image.os,
        "org.opencontainers.image.architecture": image.architecture,
        "org.opencontainers.image.variant": image.variant,
        "org.opencontainers.image.author": image.author,
        "org.opencontainers.image.created": image.created,
        "org.opencontainers.image.stopSignal": config.stop_signal,
        "org.opencontainers.image.exposedPorts": ",".join(sorted(config.exposed_ports)),
    }
    # Labels win over what the fields imply (conversion.md, "Annotation Fields").
    return {key: value for key, value in implied.items() if value} | config.labels
