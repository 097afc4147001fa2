"""What a dashboard does: lists, details and figures of many containers, asked of the engines in turn.

200 sleeping containers are there for the lists, and 100 of them for `docker stats`. The rates are of one connection
that is kept, the answer read to its end each time; the same small client asks both.
"""

import http.client
import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from tests.support.http import UnixConnection

from bench.cases import Measurement, interleaved
from bench.engines import Contestant

MANY = 200
WATCHED = 100
VERSION = "v1.41"
"""The newest that both speak."""


def listing(contestants: Sequence[Contestant], rounds: int) -> dict[str, Measurement]:
    """`docker ps` and `docker stats` with many containers, and requests per second of three kinds."""
    for contestant in contestants:
        _start_many(contestant)
    results = {
        "ps_200": interleaved(contestants, lambda contestant: contestant.docker("ps"), rounds),
        "ping_rate": _rates(contestants, "/_ping", 500, rounds),
        "inspect_rate": _rates(contestants, f"/{VERSION}/containers/many-7/json", 200, rounds),
        "ps_rate": _rates(contestants, f"/{VERSION}/containers/json", 10, rounds),
        "stats_cpu": stats_cpu(contestants, max(1, min(3, rounds // 5))),
    }
    for contestant in contestants:
        contestant.docker("rm", "-f", *(f"many-{number}" for number in range(MANY)), timeout_seconds=300)
    return results


def stats_cpu(contestants: Sequence[Contestant], rounds: int, seconds: float = 10) -> Measurement:
    """Processor time, in ms a second, of daemons and shims while `docker stats` watches 100 containers.

    What they take without it, a second each, is subtracted: health checks and the like are not stats' fault.
    """
    used: dict[str, list[float]] = {contestant.name: [] for contestant in contestants}
    for _ in range(rounds):
        for contestant in contestants:
            names = [f"many-{number}" for number in range(WATCHED)]
            idle = _cpu_share(contestant, seconds / 2)
            client = contestant.docker.start("stats", *names)
            try:
                assert client.stdout
                time.sleep(2)  # its first figures: everything is opened once
                reader = ThreadPoolExecutor(1)
                reader.submit(_drain, client.stdout.fileno())
                used[contestant.name].append(max(0.1, _cpu_share(contestant, seconds) - idle))
            finally:
                client.kill()
                client.wait()
                reader.shutdown()
                for pipe in (client.stdin, client.stdout, client.stderr):
                    assert pipe
                    pipe.close()
    return {name: sorted(values)[len(values) // 2] for name, values in used.items()}


def _start_many(contestant: Contestant) -> None:
    def start(number: int) -> None:
        contestant.docker("run", "-d", "--name", f"many-{number}", "busybox", "sleep", "100000", timeout_seconds=300)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(start, range(MANY)))


def _rates(contestants: Sequence[Contestant], path: str, requests: int, rounds: int) -> Measurement:
    connections = {one.name: UnixConnection(one.docker.socket) for one in contestants}
    milliseconds = interleaved(contestants, lambda one: _ask(connections[one.name], path, requests), rounds)
    for connection in connections.values():
        connection.close()
    return {name: requests / spent * 1000 for name, spent in milliseconds.items()}


def _ask(connection: http.client.HTTPConnection, path: str, requests: int) -> None:
    for _ in range(requests):
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read()
        assert answer.status == 200, body


def _cpu_share(contestant: Contestant, seconds: float) -> float:
    """Milliseconds of processor time a second, over some seconds, of the daemons and all shims."""
    pids = [*contestant.daemon_pids, *contestant.shim_pids()]
    before = sum(map(_cpu_ms, pids))
    time.sleep(seconds)
    return (sum(map(_cpu_ms, pids)) - before) / seconds


def _cpu_ms(pid: int) -> float:
    with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")


def _drain(descriptor: int) -> None:
    read: Callable[[], bytes] = lambda: os.read(descriptor, 1 << 16)  # noqa: E731  for iter
    for _ in iter(read, b""):
        pass
