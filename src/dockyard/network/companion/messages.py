"""What the daemon orders, one packet each over a SOCK_SEQPACKET socket, and the answer to each: JSON.

All orders may be repeated. On a new connection, to a process that has just started or to one that the last daemon
started, the daemon orders to `Begin`, then all that it knows, and then to `ForgetRest`: meanwhile containers are served
from what was known.
"""

from typing import Final

import msgspec
from msgspec import Struct

from dockyard.network.resolver.values import Member, View

SOCKET: Final = "network.sock"
MAX_BYTES: Final = 1 << 18
"""No packet is longer. The kernel's default for a socket is less (/proc/sys/net/core/wmem_default): it has to be asked
for."""


class Begin(Struct, frozen=True, tag=True):
    """All that is known follows. A process of another version ends instead, so that a new one can be started."""

    version: str


class ForgetRest(Struct, frozen=True, tag=True):
    """Forget what hasn't been ordered since `Begin`."""


class NameNetwork(Struct, frozen=True, tag=True):
    """A network is called so."""

    network: str
    name: str


class DropNetwork(Struct, frozen=True, tag=True):
    """A network is gone."""

    network: str


class Join(Struct, frozen=True, tag=True):
    """A network has this member."""

    network: str
    member: Member


class Leave(Struct, frozen=True, tag=True):
    """It has it no longer."""

    network: str
    endpoint: str


class Serve(Struct, frozen=True, tag=True):
    """Serve a sandbox, or change what it may ask. The packet carries a descriptor of its network namespace."""

    view: View


class Abandon(Struct, frozen=True, tag=True):
    """Serve it no longer."""

    sandbox: str


class Port(Struct, frozen=True):
    """A reserved port of the host: protocol ("tcp", "udp", "sctp"), address, number."""

    protocol: str
    address: str
    number: int


class Hold(Struct, frozen=True, tag=True):
    """Hold a port, whose socket the packet carries. Without one: go on holding it, which fails if it isn't held.

    Attributes:
        port: which.
        target: the container's address and port.
        forward: whether what comes to the socket is forwarded.
    """

    port: Port
    target: tuple[str, int]
    forward: bool


class Release(Struct, frozen=True, tag=True):
    """Give the port back."""

    port: Port


Order = Begin | ForgetRest | NameNetwork | DropNetwork | Join | Leave | Serve | Abandon | Hold | Release


class Outcome(Struct, frozen=True):
    """The answer: "" if it was done, else why not."""

    failure: str = ""


_ORDERS: Final = msgspec.json.Decoder(Order)
_OUTCOMES: Final = msgspec.json.Decoder(Outcome)


def encode(message: Order | Outcome) -> bytes:
    """As a packet."""
    return msgspec.json.encode(message)


def decode_order(packet: bytes) -> Order:
    """msgspec.DecodeError (and ValidationError, which is one): it is none."""
    order: Order = _ORDERS.decode(packet)
    return order


def decode_outcome(packet: bytes) -> Outcome:
    """msgspec.DecodeError: it is none."""
    return _OUTCOMES.decode(packet)
