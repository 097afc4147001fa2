"""Orders to the companion that can't be given: they fail for themselves, and nothing else does."""

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from tests.unit.network.test_endpoints import endpoint

from dockyard.errors import SystemFailure
from dockyard.network.companion import messages
from dockyard.network.companion.client import CompanionClient
from dockyard.network.companion.directory import Directory
from dockyard.network.companion.messages import Join, NameNetwork, Order, Outcome, Serve
from dockyard.network.endpoints import Endpoints
from dockyard.network.resolver.values import View

NAMESPACE = "/proc/self/ns/net"


def view(sandbox: str, *, size: int) -> Serve:
    """An order of a little more than `size` bytes."""
    return Serve(View(sandbox, hosts=(("a" * size, "10.0.0.1"),)))


@contextmanager
def companion(exec_root: Path) -> Iterator[list[Order]]:
    """One that does whatever it is told; what it was told, each connection beginning with `Begin`."""
    told: list[Order] = []
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listener.bind(str(exec_root / messages.SOCKET))
    listener.listen()

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                while packet := connection.recv(messages.MAX_BYTES):
                    told.append(messages.decode_order(packet))
                    connection.send(messages.encode(Outcome()))

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield told
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)


def test_an_order_that_is_too_long_is_refused_and_the_companion_is_kept(tmp_path: Path) -> None:
    with companion(tmp_path) as told:
        client = CompanionClient(str(tmp_path), "1", lambda _give: None)
        client.connect()
        with pytest.raises(SystemFailure, match="Serve: 2"):
            client.order(view("big", size=messages.MAX_BYTES), os.open(NAMESPACE, os.O_RDONLY))
        assert client.is_connected
        client.order(NameNetwork("n", "front"))
        client.order(view("s", size=messages.MAX_BYTES - 1000))  # more than a socket takes unless asked
        client.close()
    assert [type(order).__name__ for order in told] == ["Begin", "ForgetRest", "NameNetwork", "Serve"]


def test_what_cannot_be_told_of_one_is_told_of_others(tmp_path: Path) -> None:
    endpoints = Endpoints()
    for number in range(3):
        endpoints.put(replace(endpoint(number, f"n{number}", f"s{number}"), dns_names=("web",)))
    directory = Directory(
        CompanionClient(str(tmp_path), "1", lambda _give: None), endpoints, lambda _sandbox: NAMESPACE
    )
    directory.start()
    told: list[Order] = []

    def give(order: Order, descriptor: int | None) -> None:
        if descriptor is not None:
            os.close(descriptor)
        if isinstance(order, Join | NameNetwork | Serve) and "1" in str(order)[:60]:
            raise SystemFailure("too long")
        told.append(order)

    directory.tell(give)
    assert {order.network for order in told if isinstance(order, Join)} == {"n0", "n2"}
    assert {order.view.sandbox for order in told if isinstance(order, Serve)} == {"s0", "s2"}
