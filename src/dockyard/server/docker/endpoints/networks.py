"""Endpoints of networks: list and inspect. (Networks of users' own are a later part of Dockyard.)"""

from collections.abc import Callable, Sequence

from dockyard.errors import InvalidParameter
from dockyard.network.attachment import NetworkInfo
from dockyard.server.docker.call import Call
from dockyard.server.docker.compat import network_answers
from dockyard.server.docker.filters import Filters, parse_filters
from dockyard.server.docker.http.answers import Answer, JsonAnswer
from dockyard.server.docker.wire.network import network_inspect, network_summary

PREDEFINED = frozenset({"bridge", "host", "none"})


async def network_list(call: Call) -> Answer:
    """`GET /networks`."""
    filters = parse_filters(call.query.text("filters"))
    found = select_networks(await call.engine.networks.list(), filters)
    with_containers = call.version < network_answers.CONTAINERS_IN_LISTS_UNTIL
    document = network_inspect if with_containers else network_summary
    return JsonAnswer([network_answers.network(document(one), call.version) for one in found])


async def network_inspect_one(call: Call) -> Answer:
    """`GET /networks/{id}`."""
    found = await call.engine.networks.inspect(call.name)
    return JsonAnswer(network_answers.network(network_inspect(found), call.version))


def select_networks(networks: Sequence[NetworkInfo], filters: Filters) -> list[NetworkInfo]:
    """The networks that pass all filters; InvalidParameter for a filter or value that doesn't exist."""
    for key, values in filters.items():
        if key not in TESTS:
            raise InvalidParameter(f"invalid filter '{key}'")
        if key == "type" and not set(values) <= {"builtin", "custom"}:
            raise InvalidParameter(f"invalid filter: 'type'='{values[0]}'")
    return [one for one in networks if all(TESTS[key](one, values) for key, values in filters.items() if values)]


def _has_labels(network: NetworkInfo, values: tuple[str, ...]) -> bool:
    labels = dict(network.labels)
    pairs = [value.partition("=") for value in values]
    return all(name in labels and (not equals or labels[name] == wanted) for name, equals, wanted in pairs)


def _is_dangling(network: NetworkInfo, values: tuple[str, ...]) -> bool:
    dangling = network.name not in PREDEFINED and not network.containers
    return dangling == (values[0].lower() in ("1", "true"))


TESTS: dict[str, Callable[[NetworkInfo, tuple[str, ...]], bool]] = {
    "dangling": _is_dangling,
    "driver": lambda network, values: network.driver in values,
    "id": lambda network, values: any(network.id.startswith(value) for value in values),
    "label": _has_labels,
    "name": lambda network, values: any(value in network.name for value in values),
    "scope": lambda network, values: network.scope in values,
    "type": lambda network, values: ("builtin" if network.name in PREDEFINED else "custom") in values,
}
"""Each filter and its test."""
