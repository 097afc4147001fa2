"""Devices of a container: what `--device`, `--device-cgroup-rule` and `--privileged` become in an OCI configuration."""

import os
import re
import stat
from collections.abc import Iterable, Iterator

from dockyard.engine.containers.config import DeviceMapping, DeviceRequest, HostConfig
from dockyard.errors import InvalidParameter
from dockyard.spec import runtime as oci

RULE = re.compile(r"([acb]) ([0-9]+|\*):([0-9]+|\*) ([rwm]{1,3})")
"""The grammar of `--device-cgroup-rule` (Engine API: DeviceCgroupRules)."""

GATHERING = "error gathering device information while adding custom device"

ALL_DEVICES = oci.DeviceRule(allow=True, access="rwm")

SKIPPED = frozenset({"pts", "shm", "fd", "mqueue", ".lxc", ".lxd-mounts", ".udev", "console"})
"""Entries of the host's /dev that a privileged container doesn't get: it has its own."""


def nodes_and_rules(
    host: HostConfig, default_rules: tuple[oci.DeviceRule, ...]
) -> tuple[tuple[oci.Device, ...], tuple[oci.DeviceRule, ...]]:
    """Device nodes to make, and the allowlist of the devices cgroup, for this host configuration."""
    if host.privileged:
        return tuple(_tree("/dev", "/dev")), (ALL_DEVICES,)
    nodes: list[oci.Device] = []
    rules = list(default_rules)
    for mapping in host.devices or ():
        for node in _mapped(mapping):
            nodes.append(node)
            access = mapping.cgroup_permissions or "rwm"
            rules.append(oci.DeviceRule(True, node.type, node.major, node.minor, access))
    rules.extend(parse_rule(rule) for rule in host.device_cgroup_rules or ())
    return tuple(nodes), tuple(rules)


def refuse_requests(requests: Iterable[DeviceRequest]) -> None:
    """InvalidParameter for `--gpus` and the like, in the words of a Docker without a driver for such devices."""
    for request in requests:
        capabilities = " ".join(f"[{' '.join(one)}]" for one in request.capabilities or ())
        raise InvalidParameter(f'could not select device driver "{request.driver}" with capabilities: [{capabilities}]')


def parse_rule(rule: str) -> oci.DeviceRule:
    """`c 1:3 rwm` as a rule that allows; InvalidParameter, in Docker's words, when it doesn't fit the grammar."""
    match = RULE.fullmatch(rule)
    if match is None:
        raise InvalidParameter(f"invalid device cgroup rule format: '{rule}'")
    kind, major, minor, access = match.groups()
    return oci.DeviceRule(
        True, kind, None if major == "*" else int(major), None if minor == "*" else int(minor), access
    )


def _mapped(mapping: DeviceMapping) -> Iterator[oci.Device]:
    source, target = mapping.path_on_host, mapping.path_in_container or mapping.path_on_host
    try:
        resolved = os.path.realpath(source, strict=True)
        if stat.S_ISDIR(os.stat(resolved).st_mode):
            yield from _tree(resolved, target)
            return
        node = _node(resolved, target)
    except OSError as error:
        raise InvalidParameter(f'{GATHERING} "{source}": {(error.strerror or "").lower()}') from error
    if node is None:
        raise InvalidParameter(
            f'error gathering device information while adding custom device "{source}": not a device node'
        )
    yield node


def _tree(source: str, target: str) -> Iterator[oci.Device]:
    """The device nodes below a directory of the host; links and what isn't a device are left out."""
    with os.scandir(source) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            if entry.name in SKIPPED or entry.is_symlink():
                continue
            if entry.is_dir():
                yield from _tree(entry.path, f"{target}/{entry.name}")
            elif (node := _node(entry.path, f"{target}/{entry.name}")) is not None:
                yield node


def _node(source: str, target: str) -> oci.Device | None:
    status = os.stat(source)
    if stat.S_ISBLK(status.st_mode):
        kind = "b"
    elif stat.S_ISCHR(status.st_mode):
        kind = "c"
    else:
        return None
    return oci.Device(
        path=target,
        type=kind,
        major=os.major(status.st_rdev),
        minor=os.minor(status.st_rdev),
        file_mode=stat.S_IMODE(status.st_mode),
        uid=status.st_uid,
        gid=status.st_gid,
    )
