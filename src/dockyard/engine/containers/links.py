"""`--link` on the default bridge: a container finds another one by name, in /etc/hosts and in its environment.

A record keeps what Docker shows: `/target:/container/alias`. In networks of users a link is a name that the resolver
knows for the one container; those stand with the endpoint (`network_requests`).

https://docs.docker.com/engine/network/links/
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from dockyard.engine.containers.config import HostConfig
from dockyard.engine.containers.endpoints import is_user_defined
from dockyard.engine.containers.record import Container
from dockyard.errors import InvalidParameter, SystemFailure
from dockyard.network.attachment import BRIDGE
from dockyard.network.portmap.bindings import parse_exposed

_NOT_TOLD = ("HOME", "PATH")


class Link(NamedTuple):
    """The container that is meant, by name or id, and the name that it is found by."""

    target: str
    alias: str


def parse_link(text: str) -> Link:
    """The link in "target", "target:alias" or "/target:/container/alias".

    Raises:
        InvalidParameter: no such thing; in Docker's words.
    """
    if not text:
        raise InvalidParameter("empty string specified for links")
    parts = text.split(":")
    if len(parts) > 2:
        raise InvalidParameter(f"bad format for links: {text}")
    target = parts[0].removeprefix("/")
    return Link(target, parts[-1].rpartition("/")[2] or target)


def resolved(host: HostConfig, name: str, find: Callable[[str], Container]) -> tuple[str, ...] | None:
    """The links of a container that is created under `name`, as its record keeps them.

    Args:
        host: what was asked for.
        name: of the container, without slash.
        find: the container of a name or id; raises InvalidParameter when there is none.

    Raises:
        InvalidParameter: one can't be had; in Docker's words.
    """
    if not host.links or is_user_defined(host.network_mode):
        return None  # in a network of users the endpoint's own links count
    if host.network_mode == "host":
        raise InvalidParameter(
            "conflicting options: host type networking can't be used with links. "
            "This would result in undefined behavior"
        )
    if host.network_mode.startswith("container:"):
        raise InvalidParameter(
            "conflicting options: container type network can't be used with links. "
            "This would result in undefined behavior"
        )
    found = []
    for text in host.links:
        link = parse_link(text)
        try:
            target = find(link.target)
        except InvalidParameter as error:
            raise InvalidParameter(f"could not get container for {link.target}: {error}") from error
        while target.host_config.network_mode.startswith("container:"):
            target = find(target.host_config.network_mode.removeprefix("container:"))
        if target.host_config.network_mode == "host":
            raise InvalidParameter(
                "conflicting options: host type networking can't be used with links. "
                "This would result in undefined behavior"
            )
        alias = link.alias if ":" in text else target.name
        found.append(f"/{target.name}:/{name}/{alias}")
    return tuple(found)


def is_linked(record: Container, target: str) -> bool:
    """Whether the container is linked to the one of that name."""
    return any(parse_link(text).target == target for text in record.host_config.links or ())


def linked_ports(record: Container, containers: Iterable[Container]) -> tuple[tuple[str, str, int], ...]:
    """(id, protocol, port) of all that the links of a container lead to: the exposed ports of their targets.

    Args:
        record: of the container.
        containers: all there are.
    """
    if not record.host_config.links:
        return ()
    targets = {parse_link(text).target for text in record.host_config.links}
    return tuple(
        (one.id, protocol, port)
        for one in containers
        if one.name in targets
        for port, protocol in parse_exposed(one.config.exposed_ports or {})
    )


def renamed(links: Iterable[str], old: str, new: str) -> tuple[str, ...]:
    """The links of a container, when one of the name `old` (another one, or itself) is called `new`."""
    found = []
    for text in links:
        target, _, own = text.removeprefix("/").partition(":/")
        parent, _, alias = own.partition("/")
        target, parent = (new if name == old else name for name in (target, parent))
        found.append(f"/{target}:/{parent}/{alias}")
    return tuple(found)


def names_by_link(records: Iterable[Container]) -> dict[str, list[str]]:
    """By name of a container, what those call it that are linked to it: "/web/db"."""
    found: dict[str, list[str]] = {}
    for record in records:
        for link in map(parse_link, record.host_config.links or ()):
            found.setdefault(link.target, []).append(f"/{record.name}/{link.alias}")
    return found


def environment_of(record: Container, find: Callable[[str], Container | None]) -> tuple[str, ...]:
    """The variables that tell a container of those that it is linked to.

    Raises:
        SystemFailure: one doesn't run, or isn't on the default bridge; Docker's words and status.
    """
    if is_user_defined(record.host_config.network_mode) or not _on_bridge(record):
        return ()
    variables: list[str] = []
    for text in record.host_config.links or ():
        link = parse_link(text)
        name = f"/{record.name}/{link.alias}"
        target = find(link.target)
        if target is None or not target.state.running:
            raise SystemFailure(f"Cannot link to a non running container: /{link.target} AS {name}")
        if not _on_bridge(target):
            raise SystemFailure(f"Cannot link to /{target.name}, as it does not belong to the default network")
        variables += _variables(name, link.alias, _on_bridge(target), target)
    return tuple(variables)


def _on_bridge(record: Container) -> str:
    """The container's IPv4 address on the default bridge."""
    return next((one.ipv4 for one in record.attachments if one.network == BRIDGE), "")


def _variables(name: str, alias: str, address: str, target: Container) -> Iterable[str]:
    upper = alias.upper().replace("-", "_")
    ports = sorted(parse_exposed(target.config.exposed_ports or {}), key=lambda one: (one[1] != "tcp", one[1], one[0]))
    for position, (port, protocol) in enumerate(ports):
        if position == 0:
            yield f"{upper}_PORT={protocol}://{address}:{port}"
        prefix = f"{upper}_PORT_{port}_{protocol.upper()}"
        yield f"{prefix}={protocol}://{address}:{port}"
        yield f"{prefix}_ADDR={address}"
        yield f"{prefix}_PORT={port}"
        yield f"{prefix}_PROTO={protocol}"
    for first, last, protocol in _ranges(ports):
        prefix = f"{upper}_PORT_{first}_{protocol.upper()}"
        yield f"{prefix}_START={protocol}://{address}:{first}"
        yield f"{prefix}_PORT_START={first}"
        yield f"{prefix}_END={protocol}://{address}:{last}"
        yield f"{prefix}_PORT_END={last}"
    yield f"{upper}_NAME={name}"
    for entry in target.config.env or ():
        key, equals, value = entry.partition("=")
        if equals and key not in _NOT_TOLD:
            yield f"{upper}_ENV_{key}={value}"


def _ranges(ports: Iterable[tuple[int, str]]) -> Iterable[tuple[int, int, str]]:
    """Runs of two or more ports of one protocol; `ports` are sorted."""
    run: list[tuple[int, str]] = []
    for one in (*ports, (0, "")):
        if run and one == (run[-1][0] + 1, run[-1][1]):
            run.append(one)
            continue
        if len(run) > 1:
            yield run[0][0], run[-1][0], run[0][1]
        run = [one]
