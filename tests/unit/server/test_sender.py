"""Who made a request, when nobody can tell any more."""

import socket
from types import SimpleNamespace
from typing import Any

import pytest

from dockyard.server.docker.sender import sender


def call_from(connection: socket.socket) -> Any:
    transport = SimpleNamespace(get_extra_info=lambda _name: connection)
    return SimpleNamespace(request=SimpleNamespace(transport=transport))


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_UNIX])
@pytest.mark.parametrize("closed", [False, True])
def test_a_client_that_has_gone_is_a_client(family: socket.AddressFamily, closed: bool) -> None:
    connection = socket.socket(family, socket.SOCK_STREAM)  # without another side
    with connection:
        if closed:
            connection.close()
        found = sender(call_from(connection), "kill")
    assert (found.kind, found.action, found.address) == ("client", "kill", "")
