"""What a daemon asks a shim, and what it is told: values and their JSON.

Both ends import this module, so it imports nothing of the shim's machinery. Bytes travel as latin-1 text, one character
a byte; descriptors travel beside the packet (SCM_RIGHTS) in the order of the clients in it.

    request  {"seq": 1, "op": "create", …}
    reply    {"seq": 1, "ok": {…}}  or  {"seq": 1, "error": {"kind": "InvalidParameter", "message": "…"}}
    event    {"event": "exit", …}            unasked, to every connection
"""

from binascii import crc32
from typing import Any, NamedTuple

from dockyard import __version__
from dockyard.fs.mount import Mount, mount_from_json

STREAMS = ("stdin", "stdout", "stderr")


class LogSettings(NamedTuple):
    """Where the shim writes what the container says.

    `driver` is the format of the files: `json-file`, `local`, or `none` for no log. `max_size_bytes` 0 means that they
    are never rotated; `max_files` counts the file that is being written; `compress` is about the others. `attributes`
    are added to every entry (Docker's `labels`, `env`, `tag` of log options). `spool` is the directory in which files
    wait to be sent on (`dockyard.shim.spool`), empty for none; with `blocking` the container waits when that is full.
    `ring_bytes` is the size of a buffer before the files, after which is dropped rather than waited; 0 for none.
    """

    driver: str = "none"
    path: str = ""
    max_size_bytes: int = 0
    max_files: int = 1
    attributes: dict[str, str] | None = None
    compress: bool = False
    spool: str = ""
    blocking: bool = True
    ring_bytes: int = 0


class ExternalRuntime(NamedTuple):
    """An OCI runtime that is driven by its command line: `path` and options that come before the command."""

    path: str
    arguments: tuple[str, ...] = ()


class CreateRequest(NamedTuple):
    """A container to bring to life.

    `bundle` is the shim's directory (`<exec-root>/shims/<id>`), with the OCI `config.json` in it. `mounts` make the
    root filesystem; the shim performs them in order before it creates the container, and undoes them after its end.
    Without `runtime` it is the runtime of our own. Without `start` the container stays created until `start` is asked.
    """

    container_id: str
    bundle: str
    mounts: tuple[Mount, ...] = ()
    log: LogSettings = LogSettings()
    tty: bool = False
    open_stdin: bool = False
    stdin_once: bool = False
    runtime: ExternalRuntime | None = None
    start: bool = True


class ClientSettings(NamedTuple):
    """How the shim serves the socket of one attached client.

    `streams` is a selection of stdin, stdout, stderr. `multiplexed` puts output into Docker's frames (no terminal),
    otherwise it goes out raw. `initial_stdin` is what the daemon read beyond the request's head. `detach_keys` end the
    attachment when they are typed; empty for none. `include_logs` sends what the log already has before what is new.
    """

    streams: tuple[str, ...] = ("stdout", "stderr")
    multiplexed: bool = True
    initial_stdin: bytes = b""
    detach_keys: bytes = b""
    include_logs: bool = False


class ExitRecord(NamedTuple):
    """How a container ended: `exit_code` 0 to 255 (128 + signal when killed), `signal` 0 when it exited by itself.

    `memory_peak_bytes` is the most that its cgroup has used, 0 where that isn't known.
    `error` is empty unless the end was not the container's own, such as the death of its shim. `finished_at_ns` counts
    from the epoch.
    """

    exit_code: int
    signal: int = 0
    oom_killed: bool = False
    finished_at_ns: int = 0
    error: str = ""
    memory_peak_bytes: int = 0


class ExecState(NamedTuple):
    """An exec'd process: `exit_code` is None while it runs."""

    exec_id: str
    pid: int
    exit_code: int | None = None


def create_to_json(request: CreateRequest) -> dict[str, Any]:
    """The arguments of the op `create`."""
    return {
        **request._asdict(),
        "mounts": [list(mount) for mount in request.mounts],
        "log": request.log._asdict(),
        "runtime": None if request.runtime is None else [request.runtime.path, *request.runtime.arguments],
    }


def create_from_json(message: dict[str, Any]) -> CreateRequest:
    """The inverse of `create_to_json`; KeyError or TypeError when `message` isn't its output."""
    runtime = message["runtime"]
    return CreateRequest(
        container_id=message["container_id"],
        bundle=message["bundle"],
        mounts=tuple(mount_from_json(mount) for mount in message["mounts"]),
        log=LogSettings(**message["log"]),
        tty=message["tty"],
        open_stdin=message["open_stdin"],
        stdin_once=message["stdin_once"],
        runtime=None if runtime is None else ExternalRuntime(runtime[0], tuple(runtime[1:])),
        start=message["start"],
    )


def client_to_json(settings: ClientSettings) -> dict[str, Any]:
    """One element of `clients` in the ops `create`, `attach` and `exec`."""
    return {
        **settings._asdict(),
        "initial_stdin": settings.initial_stdin.decode("latin-1"),
        "detach_keys": settings.detach_keys.decode("latin-1"),
    }


def client_from_json(message: dict[str, Any]) -> ClientSettings:
    """The inverse of `client_to_json`; KeyError or TypeError when `message` isn't its output."""
    return ClientSettings(
        streams=tuple(message["streams"]),
        multiplexed=message["multiplexed"],
        initial_stdin=message["initial_stdin"].encode("latin-1"),
        detach_keys=message["detach_keys"].encode("latin-1"),
        include_logs=message["include_logs"],
    )


def spoken_version() -> str:
    """What tells a supervisor of other messages from one of ours: the version, and the names of all fields."""
    values = (CreateRequest, LogSettings, ExternalRuntime, ClientSettings, ExitRecord, ExecState, Mount)
    fields = " ".join(name for value in values for name in value._fields)
    return f"{__version__} {crc32(fields.encode()):08x}"
