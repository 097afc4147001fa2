"""SELinux labels of containers: which process and file contexts one gets, and which its user may choose.

A context is `user:role:type:level`. The base is the policy's own for containers (lxc_contexts); the level gets two
categories that no other container has, so that containers of one type can't reach each other's files. The user
changes parts with `--security-opt label=type:…`, or has none with `label=disable`. Where SELinux is off nothing of
this means anything. https://docs.docker.com/reference/cli/docker/container/run/#security-opt
"""

import hashlib
import os
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from dockyard.errors import InvalidParameter, SystemFailure

ENFORCE = "/sys/fs/selinux/enforce"
CONTEXTS = "/etc/selinux/targeted/contexts/lxc_contexts"
PARTS = ("user", "role", "type", "level", "filetype")
CATEGORIES = 1024
ATTRIBUTE = "security.selinux"
NOT_TO_BE_RELABELLED = frozenset(
    ("/", "/bin", "/boot", "/dev", "/etc", "/home", "/lib", "/lib64", "/media", "/mnt", "/opt", "/proc", "/root")
) | frozenset(("/run", "/sbin", "/srv", "/sys", "/tmp", "/usr", "/var"))
"""Places that make the host unusable when their files get a container's label."""


class ContainerLabels(NamedTuple):
    """The contexts of a container's processes and files; empty for none."""

    process: str = ""
    mount: str = ""


@dataclass(frozen=True, slots=True)
class Contexts:
    """The contexts that the policy has for containers, without categories."""

    process: str = "system_u:system_r:container_t:s0"
    file: str = "system_u:object_r:container_file_t:s0"


def has_selinux(enforce: str = ENFORCE) -> bool:
    """Whether SELinux is on."""
    return os.path.exists(enforce)


def read_contexts(path: str = CONTEXTS) -> Contexts:
    """The policy's contexts; those of today's policies where it names none."""
    found = {}
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            for line in file:
                name, equals, value = line.partition("=")
                if equals and not name.lstrip().startswith("#"):
                    found[name.strip()] = value.strip().strip('"')
    except OSError:
        return Contexts()
    default = Contexts()
    return Contexts(found.get("process", default.process), found.get("file", default.file))


def check_options(options: Iterable[str]) -> dict[str, str] | None:
    """The parts that `label=` options choose; None when they want no label. InvalidParameter, in Docker's words."""
    chosen: dict[str, str] = {}
    disabled = False
    for option in options:
        part, colon, value = option.partition(":")
        if option == "disable":
            disabled = True
        elif not colon or part not in PARTS:
            raise InvalidParameter(
                f"bad label option {option!r}, valid options 'disable' or 'user, role, level, type, filetype' "
                "followed by ':' and a value"
            )
        else:
            chosen[part] = value
    return None if disabled else chosen


def container_labels(
    chosen: dict[str, str] | None, contexts: Contexts, container_id: str, taken: Collection[str], shared: str = ""
) -> ContainerLabels:
    """The labels of a new container.

    Args:
        chosen: what `check_options` found.
        contexts: of this machine's policy.
        container_id: gives the categories.
        taken: process labels of the other containers.
        shared: process label of the container whose IPC or PID namespace is shared: such containers have one level.
    """
    if chosen is None:
        return ContainerLabels()
    level = chosen.get("level") or _level_of(shared) or _free_level(contexts.process, container_id, taken)
    user, role, kind, _ = _split(contexts.process)
    process = ":".join((chosen.get("user", user), chosen.get("role", role), chosen.get("type", kind), level))
    file_user, file_role, file_kind, _ = _split(contexts.file)
    return ContainerLabels(process, ":".join((file_user, file_role, chosen.get("filetype", file_kind), level)))


def relabel(path: str, mount_label: str, *, shared: bool) -> None:
    """Give all files below `path` the label: for `:z` without categories, so that every container may have them.

    Raises:
        InvalidParameter: it is a place of the host that mustn't have one.
        SystemFailure: a label can't be set.
    """
    if os.path.normpath(path) in NOT_TO_BE_RELABELLED:
        raise InvalidParameter(f"SELinux relabeling of {path} is not allowed")
    user, role, kind, level = _split(mount_label)
    label = f"{user}:{role}:{kind}:{level.partition(':')[0] if shared else level}".encode()
    try:
        os.setxattr(path, ATTRIBUTE, label, follow_symlinks=False)
        for directory, directories, files in os.walk(path):
            for name in (*directories, *files):
                os.setxattr(f"{directory}/{name}", ATTRIBUTE, label, follow_symlinks=False)
    except FileNotFoundError:
        return  # a file that went meanwhile
    except OSError as error:
        raise SystemFailure(f"SELinux relabeling of {path}: {error.strerror}") from error


def _split(context: str) -> tuple[str, str, str, str]:
    user, role, kind, level = (*context.split(":", 3), "", "", "", "")[:4]
    return user, role, kind, level or "s0"


def _level_of(context: str) -> str:
    return _split(context)[3] if context else ""


def _free_level(process: str, container_id: str, taken: Collection[str]) -> str:
    """Two categories that no label in `taken` has: by the id, so that they can be found again."""
    sensitivity = _split(process)[3].partition(":")[0]
    used = {_level_of(label) for label in taken}
    for attempt in range(CATEGORIES * CATEGORIES):
        digest = hashlib.sha256(f"{container_id}{attempt}".encode()).digest()
        first, second = (int.from_bytes(digest[at : at + 4]) % CATEGORIES for at in (0, 4))
        level = f"{sensitivity}:c{min(first, second)},c{max(first, second)}"
        if first != second and level not in used:
            return level
    raise SystemFailure("no SELinux categories are left")
