"""What is known of a container outside of the process that made it: a directory with `state.json`.

    <state_root>/<container id>/
        state.json      written once, when the container is created
        gate            present until it is started: a socket if another process may start it, else an empty file

The status isn't stored, it is seen: the process is there or not, the gate is there or not, the cgroup is frozen or not.
https://github.com/opencontainers/runtime-spec/blob/v1.2.0/runtime.md#state
"""

import json
import os
from collections.abc import Mapping
from typing import Any, NamedTuple

from dockyard.cgroups import Cgroup, restored
from dockyard.errors import DataLoss, NotFound, SystemFailure
from dockyard.fs.atomic import write_atomic
from dockyard.linux.libc import reason
from dockyard.runtime import validate
from dockyard.spec.runtime import Spec, State, spec_from_json
from dockyard.spec.runtime.empty import EMPTY

CREATING, CREATED, RUNNING, PAUSED, STOPPED = "creating", "created", "running", "paused", "stopped"
OCI_VERSION = "1.2.0"
STATE_FILE = "state.json"
GATE = "gate"
CONFIG_FILE = "config.json"
_STAT_BYTES = 4096


class ContainerState(NamedTuple):
    """One container. `pid` and `start_time` (ticks since boot) together name its first process; numbers are reused.

    What an exec'd process needs of the configuration is here (`filter_flags`, None without a filter; `personality`, the
    domain; `oom_score`), so that the configuration needn't be read again; `late_hooks` are the kinds of hooks that come
    after create and exist.
    `namespaces` are the kinds that it doesn't share with the process that made it; `created` is RFC 3339;
    `chrooted` tells that its root isn't that of its mount namespace.
    """

    id: str
    pid: int
    start_time: int
    bundle: str
    rootfs: str
    created: str
    state_root: str
    owner: int = 0
    detached: bool = False
    chrooted: bool = False
    no_new_keyring: bool = False
    filter_flags: int | None = None
    personality: str = ""
    oom_score: int | None = None
    late_hooks: tuple[str, ...] = ()
    namespaces: tuple[str, ...] = ()
    cgroup_paths: Mapping[str, str] = EMPTY
    annotations: Mapping[str, str] = EMPTY
    oci_version: str = OCI_VERSION

    @property
    def directory(self) -> str:
        """Where its files are."""
        return f"{self.state_root}/{self.id}"

    @property
    def gate(self) -> str:
        """The file that is there until it is started."""
        return f"{self.state_root}/{self.id}/{GATE}"

    def cgroup(self) -> Cgroup:
        """Its cgroup."""
        return restored(self.cgroup_paths)

    def alive(self) -> bool:
        """Whether its first process runs: it exists, is the same, and isn't a zombie."""
        return self.pid > 0 and process_start_time(self.pid) == self.start_time

    def status(self) -> str:
        """CREATED, RUNNING, PAUSED or STOPPED, as it is at this moment."""
        if not self.alive():
            return STOPPED
        if self.cgroup_paths and self.cgroup().frozen():
            return PAUSED
        return CREATED if os.path.exists(self.gate) else RUNNING

    def oci_state(self, status: str | None = None) -> State:
        """The state as hooks and `state` show it; `status` instead of the present one."""
        status = status or self.status()
        pid = 0 if status == STOPPED else self.pid
        return State(self.oci_version, self.id, status, pid, self.bundle, self.annotations)

    def spec(self) -> Spec:
        """Its configuration, read again from its bundle. NotFound, InvalidParameter, DataLoss."""
        return read_spec(self.bundle)


def read_spec(bundle: str) -> Spec:
    """The configuration in `bundle`. NotFound, InvalidParameter, DataLoss."""
    path = f"{bundle}/{CONFIG_FILE}"
    return spec_from_json(_read_json(path, f"configuration {path} does not exist"))


def process_start_time(pid: int) -> int | None:
    """When process `pid` started, in ticks since boot; None when it is gone or a zombie: proc_pid_stat(5)."""
    try:
        descriptor = os.open(f"/proc/{pid}/stat", os.O_RDONLY | os.O_CLOEXEC)
        try:
            text = os.read(descriptor, _STAT_BYTES)
        finally:
            os.close(descriptor)
    except OSError:
        return None
    # The name in the second field may hold blanks and brackets; fields are counted from behind it.
    fields = text.rpartition(b") ")[2].split()
    return None if fields[0] in (b"Z", b"X") else int(fields[19])


def save(state: ContainerState) -> None:
    """Write its `state.json`, all or nothing. SystemFailure."""
    document = state._asdict()
    document["cgroup_paths"] = dict(state.cgroup_paths)
    document["annotations"] = dict(state.annotations)
    del document["state_root"]
    path = f"{state.directory}/{STATE_FILE}"
    try:
        write_atomic(path, json.dumps(document).encode(), mode=0o600)
    except OSError as error:
        raise SystemFailure(f"write {path}: {reason(error)}") from error


def load(state_root: str, container_id: str) -> ContainerState:
    """The container `container_id`. InvalidParameter, NotFound, DataLoss."""
    validate.identifier(container_id)
    path = f"{state_root}/{container_id}/{STATE_FILE}"
    document = _read_json(path, "container does not exist")
    try:
        document["namespaces"] = tuple(document["namespaces"])
        document["late_hooks"] = tuple(document["late_hooks"])
        return ContainerState(**document, state_root=state_root)
    except (TypeError, KeyError) as error:
        raise DataLoss(f"{path} is damaged: {error}") from error


def load_all(state_root: str) -> list[ContainerState]:
    """All containers, by name; what isn't one, or is being made or removed, is left out."""
    try:
        names = sorted(os.listdir(state_root))
    except FileNotFoundError:
        return []
    found = []
    for name in names:
        try:
            found.append(load(state_root, name))
        except NotFound:
            continue
    return found


def _read_json(path: str, missing: str) -> Any:
    try:
        with open(path, "rb") as file:
            return json.loads(file.read().decode())
    except (FileNotFoundError, NotADirectoryError):
        raise NotFound(missing) from None
    except OSError as error:
        raise SystemFailure(f"read {path}: {reason(error)}") from error
    except ValueError as error:
        raise DataLoss(f"{path} is damaged: {error}") from error
