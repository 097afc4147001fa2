"""A host for tests of networks: a thread with its own network and mount namespaces, and a neighbour outside of it.

Nothing of the real host is touched, and nothing is left when the test process is killed: namespaces, mounts and links
go with the thread.

    outside 198.51.100.2 ──── uplink 198.51.100.1 [host] docker0 172.17.0.1 ──── containers
"""

import os
import queue
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

from dockyard.linux import mount, namespaces, network_namespace
from dockyard.linux.netlink import address, link, route
from dockyard.linux.netlink.socket import NetlinkSocket
from dockyard.linux.network_namespace import NamespaceThread

HOST_ADDRESS = "198.51.100.1"
OUTSIDE_ADDRESS = "198.51.100.2"
TIMEOUT_SECONDS = 3.0

T = TypeVar("T")


class SimulatedHost:
    """Runs functions "on the host", "outside" and inside sandboxes, each in the right thread."""

    def __init__(self) -> None:
        self._errands: queue.SimpleQueue[Any] = queue.SimpleQueue()
        threading.Thread(target=self._work, daemon=True).start()
        self.run(self._build)

    def run(self, errand: Callable[..., T], *arguments: Any, **named: Any) -> T:
        """The result of `errand`, called on the host."""
        done: queue.SimpleQueue[tuple[bool, Any]] = queue.SimpleQueue()
        self._errands.put((lambda: errand(*arguments, **named), done))
        succeeded, result = done.get()
        if not succeeded:
            raise result
        return result

    def outside(self, errand: Callable[[], T]) -> T:
        """The result of `errand`, called in the neighbour's namespace."""
        return self.visitor.run(self.outside_namespace, errand)

    def inside(self, path: str, errand: Callable[[], T]) -> T:
        """The result of `errand`, called in the namespace pinned at `path`."""

        def enter() -> T:
            namespace = os.open(path, os.O_RDONLY)
            try:
                return self.visitor.run(namespace, errand)
            finally:
                os.close(namespace)

        return self.run(enter)

    def links(self) -> dict[str, link.Link]:
        """The host's links by name."""

        def read() -> dict[str, link.Link]:
            rtnl = NetlinkSocket()
            try:
                return {entry.name: entry for entry in map(link.parse, rtnl.dump(link.get_all()))}
            finally:
                rtnl.close()

        return self.run(read)

    def close(self) -> None:
        os.close(self.outside_namespace)
        self.run(self.visitor.close)
        self._errands.put(None)

    def _build(self) -> None:
        self.visitor = NamespaceThread("visitor")
        self.outside_namespace = self.visitor.run(None, network_namespace.open_current)
        # Like a host that forwards already; without that, an engine changes the policy of iptables' FORWARD chain.
        network_namespace.write_sysctl("ipv4/ip_forward", "1")
        rtnl = NetlinkSocket()
        rtnl.transact(
            link.set_up(1),
            link.add_veth(
                "uplink",
                master=0,
                mtu=1500,
                peer_name="eth0",
                peer_mac="02:00:00:00:00:02",
                peer_namespace=self.outside_namespace,
            ),
        )
        rtnl.transact(address.add(socket.if_nametoindex("uplink"), HOST_ADDRESS, 24))

        def outside() -> None:
            rtnl = NetlinkSocket()
            index = socket.if_nametoindex("eth0")
            rtnl.transact(link.set_up(1), link.set_up(index), address.add(index, OUTSIDE_ADDRESS, 24))
            # So that packets sent straight at a container's address reach the host, as those of an attacker would.
            rtnl.transact(route.add_default(HOST_ADDRESS))
            rtnl.close()

        self.visitor.run(self.outside_namespace, outside)
        for _ in range(1000):
            if link.parse(rtnl.query(link.get_by_name("uplink"))).is_operational:
                return rtnl.close()
            time.sleep(0.001)
        raise AssertionError("the uplink never came up")

    def _work(self) -> None:
        namespaces.unshare(namespaces.CLONE_NEWNET | namespaces.CLONE_NEWNS)
        mount.mount(None, "/", flags=mount.MS_REC | mount.MS_PRIVATE)
        while (order := self._errands.get()) is not None:
            errand, done = order
            try:
                done.put((True, errand()))
            except BaseException as error:
                done.put((False, error))


def listen_tcp(port: int, host: str = "0.0.0.0") -> socket.socket:
    """A listening socket in the namespace of the calling thread."""
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.settimeout(TIMEOUT_SECONDS)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.listen()
    return listener


def bind_udp(port: int) -> socket.socket:
    """A UDP socket in the namespace of the calling thread."""
    bound = socket.socket(type=socket.SOCK_DGRAM)
    bound.settimeout(TIMEOUT_SECONDS)
    bound.bind(("0.0.0.0", port))
    return bound


def connect_tcp(host: str, port: int, source: str = "", timeout_seconds: float = TIMEOUT_SECONDS) -> socket.socket:
    """A connection from the namespace of the calling thread."""
    return socket.create_connection((host, port), timeout_seconds, (source, 0) if source else None)


def udp_client(host: str, port: int) -> socket.socket:
    """A UDP socket connected from the namespace of the calling thread."""
    client = socket.socket(type=socket.SOCK_DGRAM)
    client.settimeout(TIMEOUT_SECONDS)
    client.connect((host, port))
    return client


def nft(host: SimulatedHost, commands: str) -> str:
    """Run nft(8) commands on the host, as another program."""
    done = host.run(subprocess.run, ["nft", "-f", "-"], input=commands, capture_output=True, text=True, check=True)
    return done.stdout
