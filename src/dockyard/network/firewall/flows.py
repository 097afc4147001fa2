"""Makes UDP clients notice that a published port has changed hands, by forgetting the flows that remember otherwise.

In a thread of its own: to find the flows the kernel goes through all of its table, which takes 10 ms on a host with the
usual 262,144 buckets, for one port or for a hundred.
"""

import queue
import socket
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress

from dockyard.linux.netlink import conntrack
from dockyard.linux.netlink.conntrack import Flow
from dockyard.linux.netlink.socket import NETLINK_NETFILTER, NetlinkSocket
from dockyard.network.firewall.rules import ANY, Target


class FlowForgetter:
    """A queue of published ports whose flows shall be forgotten; its thread runs while there is something to do."""

    def __init__(self, netfilter: Callable[[], NetlinkSocket] = lambda: NetlinkSocket(NETLINK_NETFILTER)) -> None:
        """`netfilter` opens a socket in the namespace of the thread that it is called in, for the thread alone."""
        self._netfilter = netfilter
        self._targets: queue.SimpleQueue[Target] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._running = False

    def forget(self, targets: Iterable[Target]) -> None:
        """Forget the UDP flows to these ports: those led to a container, and those that weren't led anywhere.

        To be called after the ports changed in the firewall; returns at once. Where the kernel has no connection
        tracking to ask, there are no such flows either.
        """
        concerned = [target for target in targets if target.published.protocol == "udp"]
        for target in concerned:
            self._targets.put(target)
        with self._lock:
            if concerned and not self._running:
                self._running = True
                threading.Thread(target=self._work, name="dockyard-flows", daemon=True).start()

    def _work(self) -> None:
        while batch := self._next_batch():
            with suppress(OSError):
                netfilter = self._netfilter()
                try:
                    _forget(netfilter, batch)
                finally:
                    netfilter.close()

    def _next_batch(self) -> list[Target]:
        """All that waits; nothing ends the thread."""
        with self._lock:
            batch: list[Target] = []
            while not self._targets.empty():
                batch.append(self._targets.get())
            self._running = bool(batch)
            return batch


def _forget(netfilter: NetlinkSocket, targets: list[Target]) -> None:
    by_port: dict[int, list[Target]] = {}
    for target in targets:
        by_port.setdefault(target.published.host_port, []).append(target)
    port = next(iter(by_port)) if len(by_port) == 1 else None
    for flow in map(conntrack.parse, netfilter.dump(conntrack.get(socket.IPPROTO_UDP, port))):
        if any(concerns(flow, target) for target in by_port.get(flow.destination_port, ())):
            with suppress(OSError):  # it has just ended
                netfilter.transact(conntrack.forget(flow))


def concerns(flow: Flow, target: Target) -> bool:
    """Whether the flow goes to the published port: led to some container, or not translated at all.

    A flow of a container to the same port of a foreign host is translated at its source, and isn't meant.
    """
    port = target.published
    if flow.protocol != socket.IPPROTO_UDP or flow.destination_port != port.host_port:
        return False
    if port.host_ip not in (ANY, flow.destination):
        return False
    led_elsewhere = flow.reply_source != flow.destination
    return led_elsewhere or flow.reply_destination == flow.source
