"""Running the runtime library from a test.

The library forks, and wants a caller with one thread that may be made a subreaper; a test process is neither. So what a
test does with containers is a function that runs in a fork of it, and whose result or error comes back by a pipe.
"""

import contextlib
import os
import pickle
import select
import signal
import socket
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from dockyard.cgroups import detect
from dockyard.errors import DockyardError
from dockyard.linux.descriptors import close_all_but
from dockyard.linux.process import set_child_subreaper
from dockyard.runtime.container_create import InitProcess, create
from dockyard.runtime.container_delete import delete
from dockyard.runtime.container_exec import exec_process
from dockyard.runtime.launch import Stdio
from dockyard.spec.runtime import Process, Spec, spec_from_json

CGROUP_PREFIX = "dockyard-test-"
NAMES = [
    "CHOWN",
    "DAC_OVERRIDE",
    "FSETID",
    "FOWNER",
    "MKNOD",
    "NET_RAW",
    "SETGID",
    "SETUID",
    "SETFCAP",
    "SETPCAP",
    "NET_BIND_SERVICE",
    "SYS_CHROOT",
    "KILL",
    "AUDIT_WRITE",
]
CAPABILITIES = [f"CAP_{name}" for name in NAMES]
PATH = "PATH=/bin:/usr/bin:/sbin"
SECONDS = 30

Result = TypeVar("Result")


class Output(NamedTuple):
    """What a process left: exit code (128 + n for signal n), and all that it wrote."""

    code: int
    stdout: str
    stderr: str


def base_spec(args: list[str], cgroup: str) -> dict[str, Any]:
    """A configuration like those that Docker makes, as JSON; tests change what they are about."""
    no = ["nosuid", "noexec", "nodev"]
    return {
        "ociVersion": "1.2.0",
        "process": {
            "user": {"uid": 0, "gid": 0},
            "args": args,
            "cwd": "/",
            "env": [PATH],
            "capabilities": dict.fromkeys(("bounding", "effective", "permitted"), CAPABILITIES),
        },
        "root": {"path": "rootfs"},
        "hostname": "tested",
        "mounts": [
            {"destination": "/proc", "type": "proc", "source": "proc", "options": no},
            {"destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "mode=755", "size=64k"]},
            {
                "destination": "/dev/pts",
                "type": "devpts",
                "source": "devpts",
                "options": ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"],
            },
            {"destination": "/sys", "type": "sysfs", "source": "sysfs", "options": [*no, "ro"]},
            {"destination": "/dev/shm", "type": "tmpfs", "source": "shm", "options": [*no, "mode=1777", "size=1m"]},
        ],
        "linux": {
            "cgroupsPath": cgroup,
            "namespaces": [{"type": kind} for kind in ("mount", "network", "uts", "pid", "ipc")],
            "maskedPaths": ["/proc/kcore", "/proc/keys", "/proc/timer_list", "/proc/acpi", "/sys/firmware"],
            "readonlyPaths": ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"],
        },
    }


def forked(function: Callable[[], Result], seconds: float = SECONDS) -> Result:
    """What `function` gives when it runs in a fork, with everything that it started killed after it."""
    reader, writer = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid == 0:
        _in_fork(function, writer)
    os.close(writer)
    data = b""
    deadline = time.monotonic() + seconds
    poller = select.poll()
    poller.register(reader, select.POLLIN)
    while poller.poll(max(0.0, deadline - time.monotonic()) * 1000):
        part = os.read(reader, 1 << 16)
        if not part:
            break
        data += part
    else:
        os.kill(pid, signal.SIGKILL)
    os.close(reader)
    os.waitpid(pid, 0)
    if not data:
        raise AssertionError("the forked test function gave no answer")
    kind, value, trace = pickle.loads(data)
    if kind == "error":
        value.add_note(trace)
        raise value
    return value


def _in_fork(function: Callable[[], Any], writer: int) -> None:
    try:
        signal.alarm(0)
        set_child_subreaper(True)
        close_all_but({0, 1, 2, writer})
        try:
            answer = ("value", function(), "")
        except BaseException as error:
            trace = traceback.format_exc()
            try:
                pickle.dumps(error)
            except Exception:
                error = AssertionError(repr(error))
            answer = ("error", error, trace)
        _kill_descendants()
        os.set_blocking(writer, True)
        data = pickle.dumps(answer)
        while data:
            data = data[os.write(writer, data) :]
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(0)


def _kill_descendants() -> None:
    for _ in range(100):
        children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
        if not children:
            return
        for child in children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(child), signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(-1, 0)


class Harness:
    """Containers in one bundle. `run` and `within` fork; `spec` only makes values."""

    def __init__(self, bundle: Path, state_root: Path, cgroup: str) -> None:
        self.bundle = bundle
        self.rootfs = bundle / "rootfs"
        self.state_root = state_root
        self.cgroup = f"/{cgroup}"
        self._count = 0

    def document(self, *args: str) -> dict[str, Any]:
        """The JSON of a configuration that runs `args`, in a cgroup of its own."""
        self._count += 1
        return base_spec(list(args) or ["true"], f"{self.cgroup}/c{self._count}")

    def shell(self, script: str) -> dict[str, Any]:
        """As `document`, for a shell script."""
        return self.document("sh", "-c", script)

    def run(self, document: dict[str, Any], **options: Any) -> Output:
        """Create, start, wait, delete; `options` as create takes them."""
        return forked(lambda: self._run(spec_from_json(document), options))

    def _run(self, spec: Spec, options: dict[str, Any]) -> Output:
        with self.created(spec, **options) as container:
            container.init.start()
            return container.wait()

    def within(self, document: dict[str, Any], function: Callable[["Container"], Result], **options: Any) -> Result:
        """Create and start, then what `function` gives, then delete."""

        def act() -> Result:
            with self.created(spec_from_json(document), **options) as container:
                container.init.start()
                return function(container)

        return forked(act)

    @contextlib.contextmanager
    def created(self, spec: Spec, name: str = "tested", **options: Any) -> Iterator["Container"]:
        """In a fork: a created container, deleted at the end."""
        streams = Streams()
        options = {"state_root": str(self.state_root), "stdio": streams.stdio, **options}
        try:
            init = create(spec, str(self.bundle), name, **options)
        except BaseException:
            streams.close()
            raise
        streams.close_theirs()
        try:
            yield Container(init, streams, spec)
        finally:
            signal.pidfd_send_signal(init.pidfd, signal.SIGKILL) if init.state.alive() else None
            init.state.cgroup().kill_all(signal.SIGKILL)
            reap_until_gone(init)
            init.close()
            if os.path.exists(init.state.directory):
                delete(init.state, force=True)

    def refused(self, document: dict[str, Any], **options: Any) -> DockyardError:
        """The error of a create that must fail, and that must leave nothing."""

        def act() -> DockyardError:
            try:
                with self.created(spec_from_json(document), **options):
                    raise AssertionError("it was created")
            except DockyardError as error:
                children = Path(f"/proc/self/task/{os.getpid()}/children").read_text()
                assert not children, "a process is left"
                assert not os.path.exists(self.state_root / "tested"), "a state directory is left"
                assert not any(map(os.path.exists, self._cgroups(document))), "a cgroup is left"
                assert len(os.listdir("/proc/self/fd")) <= 6, "descriptors are left"
                return error

        return forked(act)

    def _cgroups(self, document: dict[str, Any]) -> list[str]:
        return list(detect().cgroup(document["linux"]["cgroupsPath"]).paths.values())

    def clean_up(self) -> None:
        """Remove what a failed test left."""
        _remove_cgroup(self.cgroup)


class Streams:
    """Pipes for 0, 1 and 2 of a container."""

    def __init__(self) -> None:
        self._pairs = [os.pipe2(os.O_CLOEXEC) for _ in range(3)]
        self.stdin = self._pairs[0][1]
        self.stdout, self.stderr = self._pairs[1][0], self._pairs[2][0]
        self._theirs = [self._pairs[0][0], self._pairs[1][1], self._pairs[2][1]]
        self.stdio = Stdio(*self._theirs)

    def close_theirs(self) -> None:
        for descriptor in self._theirs:
            os.close(descriptor)
        self._theirs = []

    def close(self) -> None:
        for descriptor in (*self._theirs, self.stdin, self.stdout, self.stderr):
            os.close(descriptor)

    def read_all(self) -> tuple[str, str]:
        """All that comes on stdout and stderr until both end."""
        os.close(self.stdin)
        self.stdin = -1
        parts: dict[int, list[bytes]] = {self.stdout: [], self.stderr: []}
        open_ = set(parts)
        while open_:
            for descriptor in select.select(list(open_), [], [], SECONDS)[0]:
                part = os.read(descriptor, 1 << 16)
                parts[descriptor].append(part)
                if not part:
                    open_.discard(descriptor)
        out, err = (b"".join(parts[each]).decode(errors="replace") for each in (self.stdout, self.stderr))
        return out, err


class Container(NamedTuple):
    """In a fork: a container and its streams."""

    init: InitProcess
    streams: Streams
    spec: Spec

    def wait(self) -> Output:
        """Its end, and all that it wrote."""
        out, err = self.streams.read_all()
        return Output(exit_code(self.init.pid), out, err)

    def line(self) -> str:
        """The next line on its stdout."""
        line = b""
        while not line.endswith(b"\n"):
            part = os.read(self.streams.stdout, 1)
            if not part:
                break
            line += part
        return line.decode().rstrip("\n")

    def exec(self, *args: str, **changes: Any) -> Output:
        """Run `args` in it as its own process runs, with fields of the process changed."""
        streams = Streams()
        options = {key: changes.pop(key) for key in ("ignore_paused", "preserve_fds", "sub_cgroup") if key in changes}
        assert self.spec.process is not None
        process: Process = self.spec.process._replace(args=args, **changes)
        try:
            child = exec_process(self.init.state, process, stdio=streams.stdio, **options)
        except BaseException:
            streams.close()
            raise
        streams.close_theirs()
        out, err = streams.read_all()
        return Output(exit_code(child.pid), out, err)


def reap_until_gone(init: InitProcess) -> None:
    """Reap children until `init` has ended; it does so only when those that were exec'd beside it are reaped."""
    while init.state.alive() or os.path.exists(f"/proc/{init.pid}"):
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return


def exit_code(pid: int) -> int:
    """The exit code of child `pid` when it has ended, 128 + n for signal n."""
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    return code if code >= 0 else 128 - code


def receive_descriptor(end: socket.socket) -> int:
    """A descriptor sent over the other end."""
    _, descriptors, _, _ = socket.recv_fds(end, 4096, 1)
    return descriptors[0]


def remove_stale_cgroups() -> None:
    """Remove cgroups of test processes that were killed."""
    top = os.path.dirname(
        detect().cgroup("/x").paths.get("devices") or next(iter(detect().cgroup("/x").paths.values()))
    )
    for name in os.listdir(top):
        number = name.removeprefix(CGROUP_PREFIX)
        if name != number and number.isdigit() and not os.path.exists(f"/proc/{number}"):
            _remove_cgroup(f"/{name}")


def _remove_cgroup(path: str) -> None:
    cgroup = detect().cgroup(path)
    cgroup.kill_all(signal.SIGKILL)
    cgroup.destroy()
