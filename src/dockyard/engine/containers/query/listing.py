"""`docker ps`: which containers a list request means (Engine API: GET /containers/json, filters)."""

from collections.abc import Callable, Sequence

from dockyard.engine.containers.collection import Collection
from dockyard.engine.containers.record import Container
from dockyard.engine.containers.state import Status
from dockyard.engine.filter_values import Filters as Filters
from dockyard.engine.filter_values import has_labels, matches, truth
from dockyard.errors import InvalidParameter

LARGEST_PORT = 65535

Test = Callable[[Container, tuple[str, ...]], bool]


def list_containers(
    collection: Collection,
    *,
    everything: bool,
    limit: int,
    filters: Filters,
    images_below: Callable[[str], set[str]],
) -> list[Container]:
    """The containers asked for, newest first.

    `everything` includes those that don't run, `limit` (> 0) cuts and implies it; `images_below` gives the ids of an
    image and of those made from it (filter `ancestor`). Unknown filters raise InvalidParameter.
    """
    check_filters(filters)
    if "is-task" in filters and truth(filters, "is-task"):
        return []  # tasks are containers of swarm services, and there is no swarm
    everything = everything or limit > 0 or bool(filters.get("status")) or bool(filters.get("exited"))
    ancestors = {one for ref in filters.get("ancestor", ()) for one in images_below(ref)}
    anchors = {key: collection.find(filters[key][0]).record for key in ("before", "since") if filters.get(key)}
    found = []
    for container in collection.snapshot():
        if not everything and not container.state.running:
            continue
        if filters.get("ancestor") and container.image_id not in ancestors:
            continue
        if "before" in anchors and container.created_at_ns >= anchors["before"].created_at_ns:
            continue
        if "since" in anchors and container.created_at_ns <= anchors["since"].created_at_ns:
            continue
        if all(test(container, filters[key]) for key, test in TESTS.items() if filters.get(key)):
            found.append(container)
        if limit > 0 and len(found) == limit:
            break
    return found


def check_filters(filters: Filters) -> None:
    """Raises InvalidParameter, in Docker's words, for filters or values that don't exist."""
    for key in filters:
        if key not in TESTS and key not in ("ancestor", "before", "since", "is-task"):
            raise InvalidParameter(f"invalid filter '{key}'")
    for value in filters.get("status", ()):
        if value not in set(Status):
            states = "created, running, paused, restarting, removing, exited, dead"
            raise InvalidParameter(
                f"invalid filter 'status={value}': invalid value for state ({value}): must be one of {states}"
            )
    for value in filters.get("exited", ()):
        if not value.lstrip("-").isdecimal():
            raise InvalidParameter(
                f"invalid filter 'exited={value}': strconv.Atoi: parsing \"{value}\": invalid syntax"
            )
    for value in filters.get("health", ()):
        if value not in ("starting", "healthy", "unhealthy", "none"):
            raise InvalidParameter(f"unrecognised filter value for health: {value}")


def _by_name(container: Container, values: Sequence[str]) -> bool:
    return any(matches(value, f"/{container.name}") or matches(value, container.name) for value in values)


def _by_id(container: Container, values: Sequence[str]) -> bool:
    return any(matches(f"^{value}" if value.isalnum() else value, container.id) for value in values)


def _by_exit_code(container: Container, values: Sequence[str]) -> bool:
    state = container.state
    return not state.running and state.started_at_ns > 0 and str(state.exit_code) in values


def _by_network(container: Container, values: Sequence[str]) -> bool:
    names = {container.host_config.network_mode}
    names.update(endpoint.network_name for endpoint in container.endpoints)
    ids = [endpoint.network_id for endpoint in container.endpoints]
    return any(value in names or any(one.startswith(value) for one in ids) for value in values)


def _by_volume(container: Container, values: Sequence[str]) -> bool:
    places = {place for mount in container.mounts for place in (mount.name, mount.source, mount.destination) if place}
    return any(value in places for value in values)


def _by_port(ports: set[str], values: Sequence[str]) -> bool:
    for value in values:
        span, _, protocol = value.partition("/")
        first, _, last = span.partition("-")
        if not all(number.isdecimal() and int(number) <= LARGEST_PORT for number in (first, last or first)):
            raise InvalidParameter(f"invalid port in filter: {value}")
        if any(f"{number}/{protocol or 'tcp'}" in ports for number in range(int(first), int(last or first) + 1)):
            return True
    return False


def _by_published(container: Container, values: Sequence[str]) -> bool:
    bindings = container.host_config.port_bindings or {}
    published = {f"{one.host_port}/{port.partition('/')[2]}" for port, some in bindings.items() for one in some or ()}
    published.update(
        f"{one[1]}/{port.partition('/')[2]}" for port, some in container.ports.items() for one in some or ()
    )
    return _by_port(published, values)


def _by_exposed(container: Container, values: Sequence[str]) -> bool:
    return _by_port({port if "/" in port else f"{port}/tcp" for port in container.config.exposed_ports or {}}, values)


TESTS: dict[str, Test] = {
    "id": _by_id,
    "name": _by_name,
    "label": lambda container, values: has_labels(container.config.labels or {}, values),
    "status": lambda container, values: container.state.status in values,
    "exited": _by_exit_code,
    "health": lambda container, values: (container.state.health.status if container.state.health else "none") in values,
    "network": _by_network,
    "volume": _by_volume,
    "publish": _by_published,
    "expose": _by_exposed,
    "isolation": lambda container, values: (container.host_config.isolation or "default") in values,
}
"""Each filter and its test."""
