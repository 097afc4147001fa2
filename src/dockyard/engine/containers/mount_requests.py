"""What a user asks to be mounted, parsed and merged: pure, before anything is made.

Sources, later ones giving way to earlier ones as in Docker: `--volumes-from` is resolved by the caller; then `-v`
(HostConfig.Binds), `--mount` (HostConfig.Mounts), `--tmpfs` (HostConfig.Tmpfs) and last the VOLUMEs of the image.

Grammar of a bind: `[source:]destination[:options]`; a source that begins with `/` is a directory of the host, any other
is the name of a volume; options are separated by commas (docker run reference, `-v`).
"""

import posixpath
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from dockyard.engine.containers.config import Config, HostConfig, Mount
from dockyard.errors import InvalidParameter

PROPAGATIONS = frozenset({"rprivate", "private", "rshared", "shared", "rslave", "slave"})
LABEL_MODES = frozenset({"z", "Z"})
TMPFS_FLAGS = frozenset(
    (
        *("defaults", "ro", "rw", "suid", "nosuid", "dev", "nodev", "exec", "noexec", "sync", "async", "dirsync"),
        *("remount", "mand", "nomand", "atime", "noatime", "diratime", "nodiratime", "bind", "rbind"),
        *("unbindable", "runbindable", "relatime", "norelatime", "strictatime", "nostrictatime"),
    )
)
TMPFS_VALUES = frozenset({"size", "mode", "uid", "gid", "nr_inodes", "nr_blocks", "mpol"})
AT_ROOT = "invalid specification: destination can't be '/'"
CONSISTENCIES = frozenset({"consistent", "cached", "delegated", "default"})


@dataclass(frozen=True, slots=True)
class MountRequest:
    """One wanted mount: `type` bind, volume or tmpfs; `source` a host path or a volume's name ("": anonymous)."""

    type: str
    destination: str
    source: str = ""
    readonly: bool = False
    mode: str = ""
    propagation: str = ""
    copy_up: bool = True
    create_source: bool = False
    """Whether a missing host directory is made (`-v` does, `--mount` doesn't)."""
    non_recursive: bool = False
    readonly_recursive: bool = True
    """Whether mounts below a read-only bind become read-only too, where the kernel can do that."""
    readonly_forced: bool = False
    """Whether it is an error when the kernel can't."""
    subpath: str = ""
    driver: str = ""
    driver_options: tuple[tuple[str, str], ...] = ()
    labels: tuple[tuple[str, str], ...] = ()
    options: tuple[str, ...] = ()
    unnamed: bool = False
    """Whether only a destination was given, by VOLUME or `-v`: Docker shows no mode for such a volume."""


def requested_mounts(config: Config, host: HostConfig, *, binds_recursive: bool = True) -> tuple[MountRequest, ...]:
    """All mounts that the two configurations ask for; InvalidParameter when one is malformed or two collide.

    `binds_recursive`: whether a read-only `-v` of a host directory reaches the mounts below it.
    """
    explicit: dict[str, MountRequest] = {}
    for request in _explicit(host, binds_recursive):
        if request.destination in explicit:
            raise InvalidParameter(f"Duplicate mount point: {request.destination}")
        explicit[request.destination] = request
    for destination in config.volumes or {}:
        path = clean_destination(destination)
        explicit.setdefault(path, MountRequest("volume", path, driver=host.volume_driver, unnamed=True))
    return tuple(explicit.values())


def _explicit(host: HostConfig, binds_recursive: bool) -> Iterable[MountRequest]:
    for bind in host.binds or ():
        request = parse_bind(bind, host.volume_driver)
        yield request if request.type != "bind" else replace(request, readonly_recursive=binds_recursive)
    for mount in host.mounts or ():
        yield from_mount(mount)
    for destination, options in (host.tmpfs or {}).items():
        yield MountRequest("tmpfs", clean_destination(destination), mode=options, options=_tmpfs_options(options))


def parse_bind(bind: str, volume_driver: str = "") -> MountRequest:
    """One `-v` value as a request; InvalidParameter in Docker's words."""
    parts = bind.split(":")
    if len(parts) == 1:
        source, destination, mode = "", parts[0], ""
    elif len(parts) == 2:
        source, destination, mode = parts[0], parts[1], ""
    elif len(parts) == 3:
        source, destination, mode = parts
    else:
        raise InvalidParameter(f"invalid volume specification: '{bind}'")
    if (len(parts) > 1 and not source) or not destination or (len(parts) == 3 and not mode):
        raise InvalidParameter(f"invalid volume specification: '{bind}'")
    if len(parts) == 2 and not destination.startswith("/") and _is_mode(destination):
        source, destination, mode = "", source, destination
    options = _parse_mode(mode, bind)
    if not destination.startswith("/"):
        raise InvalidParameter(f"invalid volume specification: '{bind}': {_not_absolute('volume', destination)}")
    is_bind = source.startswith("/")
    if not is_bind and options.propagation:
        raise InvalidParameter(f"invalid volume specification: '{bind}': {_misplaced('volume', 'BindOptions')}")
    if is_bind and not options.copy_up:
        raise InvalidParameter(f"invalid volume specification: '{bind}': {_misplaced('bind', 'VolumeOptions')}")
    if _is_root(destination):
        kind = "bind" if is_bind else "volume"
        at_root = f'invalid mount config for type "{kind}": {AT_ROOT}'
        raise InvalidParameter(f"invalid volume specification: '{bind}': {at_root}")
    return MountRequest(
        type="bind" if is_bind else "volume",
        destination=clean_destination(destination),
        source=posixpath.normpath(source) if is_bind else source,
        readonly=options.readonly,
        mode=mode,
        propagation=options.propagation,
        copy_up=options.copy_up,
        create_source=is_bind,
        driver="" if is_bind else volume_driver,
    )


def from_mount(mount: Mount) -> MountRequest:
    """One `--mount` as a request; InvalidParameter when its fields contradict its type."""
    if not mount.target:
        raise InvalidParameter(f'invalid mount config for type "{mount.type}": field Target must not be empty')
    if not mount.target.startswith("/"):
        raise InvalidParameter(_not_absolute(mount.type, mount.target))
    if _is_root(mount.target):
        raise InvalidParameter(f'invalid mount config for type "{mount.type}": {AT_ROOT}')
    destination = clean_destination(mount.target)
    _check_option_sets(mount)
    if mount.type == "bind":
        return _bind_mount(mount, destination)
    if mount.type == "volume":
        volume = mount.volume_options
        driver = volume.driver_config if volume else None
        return MountRequest(
            "volume",
            destination,
            mount.source,
            mount.read_only,
            copy_up=not (volume and volume.no_copy),
            subpath=_subpath("volume", volume.subpath if volume else "", mount.source),
            driver=driver.name if driver else "",
            driver_options=_pairs(driver.options if driver else None),
            labels=_pairs(volume.labels if volume else None),
        )
    if mount.type == "tmpfs":
        if mount.source:
            raise InvalidParameter('invalid mount config for type "tmpfs": field Source must not be specified')
        return MountRequest("tmpfs", destination, readonly=mount.read_only, options=_tmpfs_mount_options(mount))
    if mount.type == "image":
        return _image_mount(mount, destination)
    raise InvalidParameter(f'invalid mount config for type "{mount.type}": mount type unknown')


def _image_mount(mount: Mount, destination: str) -> MountRequest:
    """A whole image, or a directory or file of it: always read-only."""
    if not mount.source:
        raise InvalidParameter('invalid mount config for type "image": field Source must not be empty')
    part = mount.image_options.subpath if mount.image_options else ""
    return MountRequest("image", destination, mount.source, True, subpath=_subpath("image", part, mount.source))


def _subpath(type_: str, path: str, source: str) -> str:
    """`path` below a volume or an image: relative, and not leading out by itself."""
    if not path:
        return ""
    if not source:
        raise InvalidParameter(
            f'invalid mount config for type "{type_}": must not set Subpath when using anonymous volumes'
        )
    if path.startswith("/") or posixpath.normpath(path).split("/")[0] == "..":
        raise InvalidParameter(
            f'invalid mount config for type "{type_}": subpath must be a relative path within the volume'
        )
    return posixpath.normpath(path)


def clean_destination(path: str) -> str:
    """`path` without `.`, `..` and double slashes; InvalidParameter when it isn't absolute or is the root itself."""
    if not path.startswith("/"):
        raise InvalidParameter(f"invalid mount path: '{path}' mount path must be absolute")
    if _is_root(path):
        raise InvalidParameter(AT_ROOT)
    return "/" + posixpath.normpath(path).lstrip("/")


def _misplaced(type_: str, field: str) -> str:
    return f'invalid mount config for type "{type_}": field {field} must not be specified'


def _is_root(path: str) -> bool:
    return posixpath.normpath(path).strip("/") == ""


def _not_absolute(type_: str, path: str) -> str:
    return f"invalid mount config for type \"{type_}\": invalid mount path: '{path}' mount path must be absolute"


@dataclass(frozen=True, slots=True)
class _Mode:
    readonly: bool
    propagation: str
    copy_up: bool


def _is_mode(text: str) -> bool:
    known = PROPAGATIONS | LABEL_MODES | CONSISTENCIES | {"ro", "rw", "nocopy"}
    return all(part in known for part in text.split(","))


def _parse_mode(mode: str, bind: str) -> _Mode:
    readonly: bool | None = None
    propagation = ""
    copy_up = True
    for part in mode.split(",") if mode else ():
        if part in ("ro", "rw") and readonly is None:
            readonly = part == "ro"
        elif part in PROPAGATIONS and not propagation:
            propagation = part
        elif part == "nocopy" and copy_up:
            copy_up = False
        elif part not in LABEL_MODES | CONSISTENCIES:
            raise InvalidParameter(f"invalid mode: {mode}" if part else f"invalid volume specification: '{bind}'")
    return _Mode(bool(readonly), propagation, copy_up)


def _check_option_sets(mount: Mount) -> None:
    given = {
        "bind": mount.bind_options,
        "volume": mount.volume_options,
        "tmpfs": mount.tmpfs_options,
        "image": mount.image_options,
    }
    names = {"bind": "BindOptions", "volume": "VolumeOptions", "tmpfs": "TmpfsOptions", "image": "ImageOptions"}
    for type_, options in given.items():
        if options is not None and type_ != mount.type:
            raise InvalidParameter(
                f'invalid mount config for type "{mount.type}": field {names[type_]} must not be specified'
            )


def _bind_mount(mount: Mount, destination: str) -> MountRequest:
    if not mount.source:
        raise InvalidParameter('invalid mount config for type "bind": field Source must not be empty')
    if not mount.source.startswith("/"):
        raise InvalidParameter(_not_absolute("bind", mount.source))
    options = mount.bind_options
    propagation = options.propagation if options else ""
    if propagation and propagation not in PROPAGATIONS:
        raise InvalidParameter(f'invalid mount config for type "bind": invalid propagation mode: {propagation}')
    if options and options.read_only_force_recursive and not mount.read_only:
        raise InvalidParameter(
            'invalid mount config for type "bind": mount must be read-only when ReadOnlyForceRecursive is set'
        )
    return MountRequest(
        "bind",
        destination,
        posixpath.normpath(mount.source),
        mount.read_only,
        propagation=propagation,
        create_source=bool(options and options.create_mountpoint),
        non_recursive=bool(options and options.non_recursive),
        readonly_recursive=not (options and options.read_only_non_recursive),
        readonly_forced=bool(options and options.read_only_force_recursive),
    )


def _tmpfs_options(options: str) -> tuple[str, ...]:
    parts = tuple(part for part in options.split(",") if part)
    for part in parts:
        name, equals, _ = part.partition("=")
        if (name not in TMPFS_VALUES) if equals else (name not in TMPFS_FLAGS | PROPAGATIONS):
            raise InvalidParameter(f'invalid tmpfs option "{name}"')
    return parts


def _tmpfs_mount_options(mount: Mount) -> tuple[str, ...]:
    options = mount.tmpfs_options
    if options is None:
        return ()
    extra = tuple("=".join(option) for option in options.options or ())
    mode = (f"mode={options.mode:o}",) if options.mode else ()
    size = (f"size={options.size_bytes}",) if options.size_bytes else ()
    return (*mode, *size, *extra)


def _pairs(mapping: Mapping[str, str] | None) -> tuple[tuple[str, str], ...]:
    return tuple((mapping or {}).items())
