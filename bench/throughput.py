"""Network throughput: iperf3 between two containers, from a container to its host, from there to published ports.

iperf3 runs in the containers' network namespaces, but from the host's files: what is measured is the network. Figures
are what the receiver got, twice: `rate_` is the throughput itself, in Gbit/s, `net_` in Gbit for each second of CPU
that both ends took, which is the same on a busy machine. To 127.0.0.1 there is only the throughput itself, as `net_`,
because docker-proxy, through which Docker leads that, has a CPU of its own.
"""

import json
import statistics
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from tests.peers.programs import program
from tests.support.wait import wait_until

from bench.engines import Contestant

PORT = 5201
SECONDS = 1
"""Short, so that both meet the same load of the machine; the median of many counts."""


class Path(NamedTuple):
    """From the namespace of process `client` to a server in that of process `server`, which is reached at `address`."""

    client: int
    server: int
    address: str
    port: int = PORT


def throughput(contestants: Sequence[Contestant], rounds: int) -> dict[str, dict[str, float]]:
    """The median for each path and protocol, the contestants in turn."""
    figures: dict[str, dict[str, list[float]]] = {}
    for contestant in contestants:
        _start_pair(contestant)
    for _ in range(rounds):
        for contestant in contestants:
            for name, path in _paths(contestant).items():
                for protocol in ("tcp", "udp"):
                    measured = measure(path, protocol)
                    found = {"rate": measured.rate, "net": measured.by_cpu}
                    for kind, figure in ({"net": measured.rate} if name == "localhost" else found).items():
                        of_case = figures.setdefault(f"{kind}_{protocol}_{name}", {})
                        of_case.setdefault(contestant.name, []).append(figure)
    for contestant in contestants:
        contestant.docker("rm", "-f", "sends", "serves")
    return {
        case: {name: statistics.median(values) for name, values in of_case.items()} for case, of_case in figures.items()
    }


def _start_pair(contestant: Contestant) -> None:
    ports = [flag for protocol in ("tcp", "udp") for flag in ("-p", f"{PORT + 1}:{PORT}/{protocol}")]
    contestant.docker("run", "-d", "--name", "serves", *ports, "busybox", "sleep", "10000")
    contestant.docker("run", "-d", "--name", "sends", "busybox", "sleep", "10000")


def _paths(contestant: Contestant) -> Mapping[str, Path]:
    serves, sends = _pid(contestant, "serves"), _pid(contestant, "sends")
    host = contestant.daemon_pids[0]
    address = contestant.docker("inspect", "-f", "{{.NetworkSettings.IPAddress}}", "serves")
    gateway = contestant.docker("inspect", "-f", "{{.NetworkSettings.Gateway}}", "sends")
    return {
        "containers": Path(sends, serves, address),
        "to_host": Path(sends, host, gateway),
        "published": Path(host, serves, gateway, PORT + 1),
        "localhost": Path(host, serves, "127.0.0.1", PORT + 1),
    }


def _pid(contestant: Contestant, name: str) -> int:
    return int(contestant.docker("inspect", "-f", "{{.State.Pid}}", name))


class Measured(NamedTuple):
    """Gbit that came through for each second, of time and of CPU."""

    rate: float
    by_cpu: float


def measure(path: Path, protocol: str) -> Measured:
    """One run of iperf3."""
    with _server(path.server):
        flags = ("-u", "-b", "0", "-l", "1400") if protocol == "udp" else ()
        command = ("-c", path.address, "-p", str(path.port), "-t", str(SECONDS), "-J", *flags)
        done = _run_inside(path.client, *command)
    end = done["end"]
    usage = end["cpu_utilization_percent"]
    processors = (float(usage["host_total"]) + float(usage["remote_total"])) / 100
    if protocol == "tcp":
        received = float(end["sum_received"]["bits_per_second"])
    else:
        received = float(end["sum"]["bits_per_second"]) * (1 - float(end["sum"]["lost_percent"]) / 100)
    return Measured(received / 1e9, received / 1e9 / processors)


@contextmanager
def _server(pid: int) -> Iterator[None]:
    iperf3 = program("iperf3")
    command = ["nsenter", "-n", "-t", str(pid), *iperf3.command("-s", "-1", "-p", str(PORT))]
    process = subprocess.Popen(command, env=iperf3.environment, stdout=subprocess.DEVNULL)
    try:
        wait_until(_listens(pid), "iperf3 to listen")
        yield
    finally:
        process.kill()
        process.wait()


def _listens(pid: int) -> Callable[[], bool]:
    command = ("nsenter", "-n", "-t", str(pid), "ss", "-Hltn", f"sport = :{PORT}")
    return lambda: bool(subprocess.run(command, capture_output=True, check=True).stdout)


def _run_inside(pid: int, *arguments: str) -> Any:
    iperf3 = program("iperf3")
    command = ["nsenter", "-n", "-t", str(pid), *iperf3.command(*arguments)]
    done = subprocess.run(command, env=iperf3.environment, capture_output=True, text=True, timeout=SECONDS + 20)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stdout}{done.stderr}"
    return json.loads(done.stdout)
