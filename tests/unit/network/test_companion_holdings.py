"""Descriptors that come with orders are closed once, whatever goes wrong."""

import os
import socket
from typing import Any

import pytest

from dockyard.network.companion import holdings
from dockyard.network.companion.holdings import Holdings
from dockyard.network.companion.messages import Hold, Port
from dockyard.network.proxy.loop import Loop
from dockyard.network.resolver.listeners import Namespaces

ORDER = Hold(Port("tcp", "127.0.0.1", 80), ("10.0.0.2", 80), forward=True)


def test_a_port_that_cannot_be_served(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[int] = []

    def served(_loop: Loop, _protocol: str, bound: socket.socket, _target: Any) -> Any:
        given.append(bound.fileno())
        bound.close()
        given.append(os.open("/dev/null", os.O_RDONLY))  # somebody else's, of the same number
        raise OSError("epoll is full")

    monkeypatch.setattr(holdings, "served", served)
    with pytest.raises(OSError, match="epoll is full"):
        Holdings(Namespaces(), Loop(), "1").carry_out(ORDER, socket.socket().detach())
    assert given[0] == given[1]
    os.fstat(given[1])
    os.close(given[1])


def test_a_descriptor_that_is_no_socket() -> None:
    reading, writing = os.pipe()
    with pytest.raises(OSError, match="non-socket"):
        Holdings(Namespaces(), Loop(), "1").carry_out(ORDER, writing)
    assert os.read(reading, 1) == b""  # closed
    os.close(reading)
