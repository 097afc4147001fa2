"""Who is in a network, and how a sandbox sees the networks that it is in: what the daemon tells the resolver."""

from typing import Final

from msgspec import Struct

ADDRESS: Final = "127.0.0.11"
"""Where each container finds its resolver: Docker's address."""

PORT: Final = 53


class Member(Struct, frozen=True):
    """An endpoint of a network, as others find it.

    Attributes:
        endpoint: id of the endpoint.
        name: of the container; what a reverse lookup gives.
        names: all that it is found by: name, aliases, short id, hostname.
        ipv4, ipv6: its addresses; "" for none.
    """

    endpoint: str
    name: str
    names: tuple[str, ...]
    ipv4: str = ""
    ipv6: str = ""


class Place(Struct, frozen=True):
    """A network that a sandbox is in, and the links that it has there: pairs of its own name and a container's."""

    network: str
    links: tuple[tuple[str, str], ...] = ()


class Server(Struct, frozen=True):
    """A name server to forward to, asked from the sandbox or, where only the host can reach it, from there."""

    address: str
    from_host: bool = False


class View(Struct, frozen=True):
    """What a sandbox may ask.

    Attributes:
        sandbox: its id.
        places: the networks that it is in; names are looked up in this order.
        servers: to forward to, in the order of preference.
        hosts: names with addresses of the user's (`--add-host`), looked up last.
        forward: whether names that aren't ours may be asked elsewhere; not so where all networks are internal.
        ndots_set: whether the user has set the option `ndots` above 0: names without dot aren't forwarded then.
    """

    sandbox: str
    places: tuple[Place, ...] = ()
    servers: tuple[Server, ...] = ()
    hosts: tuple[tuple[str, str], ...] = ()
    forward: bool = True
    ndots_set: bool = False
