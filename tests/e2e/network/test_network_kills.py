"""The daemon is killed at random moments while networks are made and removed, containers connected and disconnected.

After each kill the next daemon's word, the containers' links and the host's links and tables agree.
"""

import json
import random
import re
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

import pytest
from tests.support.engine import Engine
from tests.support.http import request
from tests.support.wait import wait_until

from dockyard.network.drivers.bridge.endpoint import is_host_interface

KILLS = 4
SEED = 20261124


class Busy:
    """A client that never stops, until its daemon is gone."""

    def __init__(self, socket: str, containers: list[str], seed: int) -> None:
        self.socket = socket
        self.containers = containers
        self.random = random.Random(seed)
        self.done: Counter[str] = Counter()
        self.thread = threading.Thread(target=self.work)
        self.thread.start()

    def call(self, method: str, path: str, body: Any = None) -> None:
        if request(self.socket, method, f"/v1.48{path}", body).status < 300:
            self.done[path.rpartition("/")[2]] += 1

    def work(self) -> None:
        with suppress(OSError, ValueError):
            number = 0
            while True:
                number += 1
                name = f"k{self.random.randrange(4)}"
                container = self.random.choice(self.containers)
                self.call("POST", "/networks/create", {"Name": name, "EnableIPv6": number % 3 == 0})
                self.call("POST", f"/networks/{name}/connect", {"Container": container})
                if self.random.random() < 0.6:
                    self.call("POST", f"/networks/{name}/disconnect", {"Container": container})
                if self.random.random() < 0.6:
                    self.call("DELETE", f"/networks/{name}")


def have_done(clients: list[Busy], enough: int) -> bool:
    """Whether so many of their calls have succeeded."""
    return sum(one.done.total() for one in clients) >= enough


def addresses_inside(engine: Engine, container: str) -> set[str]:
    shown = engine.docker("exec", container, "ip", "-o", "addr", "show", "scope", "global")
    return {words[3] for words in map(str.split, shown.splitlines()) if words[1] != "lo"}


def disagreements(engine: Engine, containers: list[str]) -> list[str]:
    """What records, containers and host don't say alike."""
    networks = request(engine.docker.socket, "GET", "/v1.48/networks").json()
    bridges = {
        one["Options"].get("com.docker.network.bridge.name", f"br-{one['Id'][:12]}")
        for one in networks
        if one["Driver"] == "bridge"
    }
    found = []
    links = json.loads(engine.in_network("ip", "-j", "-d", "link", "show"))
    kinds = {one["ifname"]: one.get("linkinfo", {}).get("info_kind", "") for one in links}
    if (present := {name for name, kind in kinds.items() if kind == "bridge"}) != bridges:
        found.append(f"networks have bridges {bridges}, the host has {present}")
    tables = set(re.findall(r"table ip dockyard-(\S+)", engine.in_network("nft", "list", "tables")))
    if tables != bridges:
        found.append(f"networks have bridges {bridges}, there are tables for {tables}")
    endpoints = 0
    for container in containers:
        told = engine.docker.inspect(container)["NetworkSettings"]["Networks"]
        wanted = {f"{one['IPAddress']}/{one['IPPrefixLen']}" for one in told.values()}
        six = [one for one in told.values() if one["GlobalIPv6Address"]]
        wanted |= {f"{one['GlobalIPv6Address']}/{one['GlobalIPv6PrefixLen']}" for one in six}
        if (inside := addresses_inside(engine, container)) != wanted:
            found.append(f"{container[:12]} has {inside}, is said to have {wanted}")
        route = engine.docker("exec", container, "ip", "route", "show", "default")
        gateways = {one["Gateway"] for one in told.values()}
        if not any(f"via {gateway} " in route for gateway in gateways):
            found.append(f"{container[:12]} has the route {route!r}, its gateways are {gateways}")
        endpoints += len(told)
    ends = [name for name in kinds if is_host_interface(name)]
    if len(ends) != endpoints:
        found.append(f"{endpoints} endpoints have {ends}")
    return found


def settle(engine: Engine, containers: list[str]) -> None:
    """Wait until all agree; what was removed goes in its own time."""
    deadline = time.monotonic() + 8
    while found := disagreements(engine, containers):
        assert time.monotonic() < deadline, "\n".join([*found, engine.log.read_text()[-3000:]])
        time.sleep(0.1)


@pytest.mark.dockyard_only
@pytest.mark.slow
def test_killed_at_random_moments(make_engine: Callable[..., Engine]) -> None:
    engine = make_engine(own_network=True)
    containers = [engine.docker("run", "-d", "busybox", "sleep", "1000") for _ in range(2)]
    moments = random.Random(SEED)
    done: Counter[str] = Counter()
    for number in range(KILLS):
        busy = [Busy(engine.docker.socket, containers, SEED + 10 * number + client) for client in range(2)]
        enough = moments.randint(6, 16)
        wait_until(partial(have_done, busy, enough), "the clients to be busy", 30)
        time.sleep(moments.uniform(0, 0.1))
        engine.kill(signal.SIGKILL)
        for one in busy:
            one.thread.join()
            done += one.done
        engine.start()
        settle(engine, containers)
    assert done["create"] and done["connect"] and done["disconnect"], done
    for name in engine.docker("network", "ls", "-q", "-f", "type=custom").split():
        for container in containers:
            engine.docker.result("network", "disconnect", name, container)
        engine.docker("network", "rm", name)
    settle(engine, containers)


def test_a_crash_says_in_the_log_where_it_was(own_engine: Engine) -> None:
    own_engine.kill(signal.SIGSEGV)
    assert "Fatal Python error: Segmentation fault" in own_engine.log.read_text()
    own_engine.start()
