"""SIGKILL at any moment: the next start leaves nothing of what was half-made or half-removed, and all of what lives."""

import json
import os
import random
import re
import socket
import subprocess
import sys
import time
from dataclasses import asdict, replace
from functools import partial

import dns.message
import dns.query
import pytest
from tests.integration.network import busy_engine
from tests.integration.network.conftest import OneEngine
from tests.integration.network.simulated_host import SimulatedHost, connect_tcp, listen_tcp, nft
from tests.integration.network.test_published_ports import talk
from tests.integration.network.test_restart import kill
from tests.support.companion import kill_companion

from dockyard.network.attachment import PortRequest
from dockyard.network.drivers.bridge.endpoint import is_host_interface

KILLS = 12


def addresses(name: str) -> list[str]:
    """What the resolver says, asked from the calling thread's namespace."""
    answer = dns.query.udp(dns.message.make_query(name, "A"), "127.0.0.11", timeout=5)
    return [str(record) for rrset in answer.answer for record in rrset]


@pytest.mark.root
def test_killed_at_random_moments(engine: OneEngine, host: SimulatedHost, wait_until) -> None:
    path, living = engine.container(PortRequest("tcp", 80, "", 8080, 8080), dns_names=("lives",))
    listener = host.inside(path, partial(listen_tcp, 80))
    moments = random.Random(20261124)
    for _ in range(KILLS):
        kill(engine)
        # Its published port is left out, because the table of the busy engine must not be what makes the test pass.
        arguments = [str(engine.root), json.dumps([asdict(replace(living, ports=()))])]
        busy = host.run(subprocess.Popen, [sys.executable, busy_engine.__file__, *arguments], stdout=subprocess.PIPE)
        with busy:
            assert busy.stdout.readline() == b"ready\n"
            time.sleep(moments.uniform(0, 0.03))
            busy.kill()
            if moments.random() < 0.4:
                kill_companion(engine.root / "exec")
        engine.start((living,))
        assert os.listdir(engine.root / "exec" / "netns") == [living.sandbox_id]
        published = re.findall(r"elements = \{ (.*?) \}", nft(host, "list table ip dockyard-docker0"), re.DOTALL)
        assert published == ["tcp . 8080 : 172.17.0.2 . 80"]
        talk(host.run(connect_tcp, "127.0.0.1", 8080), listener)
        talk(host.run(partial(socket.create_connection, ("::1", 8080), 5)), listener)
        assert host.inside(path, partial(addresses, "lives")) == ["172.17.0.2"]
        assert host.inside(path, partial(addresses, "web")) == []
        _, next_one = engine.container(name="next")
        assert next_one.ipv4 == "172.17.0.3"
        engine.end(next_one)
    known = {living.host_interface}
    wait_until(lambda: {name for name in host.links() if is_host_interface(name)} == known)
