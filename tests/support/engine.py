"""The engine under test: a dockyardd of its own for each test process, or, to check the tests, Debian's dockerd.

    pytest --engine dockyard      the default
    pytest --engine docker        the same tests against Debian's dockerd: one that fails there is a doubtful test

An engine has its folders below /tmp, a bridge of its own, and a guard that ends it when the test process dies.
"""

import io
import os
import signal
import subprocess
import tempfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.peers import docker_client, docker_daemon
from tests.peers.guarded import Guard
from tests.support.client import Docker
from tests.support.http import request
from tests.support.wait import wait_until

PROGRAMS = Path(__file__).parents[2] / ".venv" / "bin"


class Engine:
    """A running engine: its client, its folders, and the ways to end and restart it."""

    kind = "dockyard"

    def __init__(
        self, home: Path, guard: Guard, bridge: str, arguments: Sequence[str] = (), own_network: bool = False
    ) -> None:
        self.home = home
        self.guard = guard
        self.bridge = bridge
        self.arguments = list(arguments)
        self.own_network = own_network
        self.replaced: dict[str, Path] = {}
        """Files of the host, and those that this daemon sees in their place."""
        self.enter: list[str] = []
        """A command that the daemon is started through, such as nsenter."""
        self.data = home / "data"
        self.run = home / "run"
        self.pidfile = home / "dockyardd.pid"
        self.log = home / "dockyardd.log"
        self.docker = Docker(docker_client(f"unix://{self.run}/dockyard.sock"))
        self.pid = 0
        self._network: io.FileIO | None = None
        """Holds the namespace of `own_network` from the first start on, so that a restarted daemon finds its links."""

    def start(self, *more: str, timeout_seconds: float = 20) -> None:
        """Start the daemon and wait until it answers. `more` flags count for this start only."""
        command = [
            *self.enter,
            *self.enter_network(),
            *self._with_replaced_files(),
            str(PROGRAMS / "dockyardd"),
            f"--data-root={self.data}",
            f"--exec-root={self.run}",
            f"--pidfile={self.pidfile}",
            f"--host={self.docker.host}",
            *(() if self.own_network else (f"--bridge={self.bridge}", f"--default-address-pool={own_pool(self.home)}")),
            # by default all engines use /docker, and a leak there would be anybody's
            f"--cgroup-parent=/{self.bridge}",
            *self.arguments,
            *more,
        ]
        self.run.mkdir(parents=True, exist_ok=True)
        self.pid = self.guard.start(command, self.log, _clean_environment())
        try:
            wait_until(self._answers, "dockyardd to answer", timeout_seconds)
        except AssertionError as error:
            tail = self.log.read_text()[-4000:] if self.log.exists() else ""
            raise AssertionError(f"{error}; its log:\n{tail}") from None
        if self.own_network and self._network is None:
            self._network = io.FileIO(f"/proc/{self.pid}/ns/net")

    def kill(self, number: signal.Signals = signal.SIGKILL) -> None:
        """Send the daemon a signal, and wait until it is gone."""
        os.kill(self.pid, number)
        wait_until(lambda: not is_alive(self.pid), f"dockyardd to end after {number.name}", 30)

    def restart(self, number: signal.Signals = signal.SIGKILL, *more: str) -> None:
        """Kill the daemon, and start it again on the same folders."""
        self.kill(number)
        self.start(*more)

    def in_network(self, *command: str) -> str:
        """What `command` prints in the daemon's network namespace, also while the daemon is dead."""
        enter = self.enter_network() or ["nsenter", "-n", "-t", str(self.pid)]
        done = subprocess.run([*enter, *command], capture_output=True, text=True)
        assert done.returncode == 0, f"{' '.join(command)}: exit {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout

    def _with_replaced_files(self) -> tuple[str, ...]:
        """What puts the daemon into the mount namespace of this engine: a new one, or the supervisor's."""
        if not self.replaced:
            return ()
        if (self.run / "supervisor.pid").exists():
            return ("nsenter", "-m", "-t", str(self.supervisor_pid))
        binds = "".join(f"mount --bind {ours} {theirs} && " for theirs, ours in self.replaced.items())
        return ("unshare", "-m", "sh", "-c", f'{binds}exec "$@"', "sh")

    @property
    def supervisor_pid(self) -> int:
        """Pid of the supervisor, as it stands in its pidfile."""
        return int((self.run / "supervisor.pid").read_text())

    def shim_directory(self, container_id: str) -> Path:
        """The folder in which the container's shim keeps bundle, sockets and exit record."""
        return self.run / "shims" / container_id

    def enter_network(self) -> list[str]:
        """What runs a command in the engine's own network namespace: a new one at first, the same ever after."""
        if not self.own_network:
            return []
        if self._network is not None:
            return ["nsenter", f"--net=/proc/{os.getpid()}/fd/{self._network.fileno()}"]
        return ["unshare", "-n", "sh", "-c", 'ip link set lo up; exec "$@"', "sh"]

    def _answers(self) -> bool:
        assert is_alive(self.pid), "dockyardd ended while it started"
        try:
            return request(self.docker.socket, "GET", "/_ping").status == 200
        except OSError:
            return False


class ReferenceEngine(Engine):
    """Debian's dockerd behind the same face; it needs --live-restore to survive what Dockyard survives by design."""

    kind = "docker"

    @property
    def supervisor_pid(self) -> int:
        """Docker's supervisor is containerd."""
        return int((self.home / "run" / "containerd.pid").read_text())

    def start(self, *more: str, timeout_seconds: float = 20) -> None:
        """Not offered: tests that restart an engine are of Dockyard only."""
        raise NotImplementedError("the reference engine isn't restarted by tests")


def own_pool(home: Path) -> str:
    """Where an engine in the host's own network namespace gets its subnets: Docker's pools have 31 for everybody."""
    number = zlib.crc32(str(home).encode())
    return f"base=10.{128 + number % 120}.{number // 120 % 4 * 64}.0/18,size=24"


def is_alive(pid: int) -> bool:
    """Whether process `pid` exists and isn't a zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


@contextmanager
def dockyard_engine(
    name: str,
    arguments: Sequence[str] = (),
    own_network: bool = False,
    replaced: Mapping[str, Path] | None = None,
    enter: Sequence[str] = (),
) -> Iterator[Engine]:
    """A started dockyardd whose bridge is `name` (at most 15 letters); everything of it is gone after the block.

    With `own_network` it lives in a network namespace of its own and has the bridge that it chooses by itself. In the
    place of the files of the host that are keys of `replaced` it sees their values. `enter` is a command that it is
    started through, such as nsenter.
    """
    home = Path(tempfile.mkdtemp(prefix=f"{name}-", dir="/tmp"))
    with Guard([home], links=[name], cgroups=[name]) as guard:
        engine = Engine(home, guard, name, arguments, own_network)
        engine.replaced = dict(replaced or {})
        engine.enter = list(enter)
        engine.start()
        yield engine


@contextmanager
def reference_engine(arguments: Sequence[str] = ()) -> Iterator[Engine]:
    """Debian's dockerd in the tests' own network namespace (`script/test --reference` runs them in `unshare -n`)."""
    with docker_daemon(own_network=False, sees_plugins=True, arguments=arguments) as daemon:
        engine = ReferenceEngine(daemon.directory, daemon.guard, "docker0", arguments)
        engine.docker = Docker(daemon.docker)
        engine.data = daemon.directory / "data" / "docker"
        engine.run = daemon.directory / "run" / "docker"
        engine.pidfile = engine.run.with_suffix(".pid")
        engine.log = daemon.directory / "dockerd.log"
        engine.pid = daemon.pid
        yield engine


def _clean_environment() -> dict[str, str]:
    return {
        key: value for key, value in os.environ.items() if not key.startswith(("DOCKER_", "PYTEST_", "PYTHON", "COV_"))
    }
