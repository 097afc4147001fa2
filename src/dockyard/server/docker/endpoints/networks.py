"""Endpoints of networks that tell: list and inspect; and which networks a filter means."""

from collections.abc import Callable, Sequence

from dockyard.engine.filter_values import matches
from dockyard.errors import InvalidParameter
from dockyard.network.attachment import NetworkInfo
from dockyard.server.docker.call import Call
from dockyard.server.docker.compat import network_answers
from dockyard.server.docker.filters import Filters, parse_filters
from dockyard.server.docker.http.answers import Answer, JsonAnswer
from dockyard.server.docker.http.query import parse_truth
from dockyard.server.docker.wire.network import network_inspect, network_status, network_summary

PREDEFINED = frozenset({"bridge", "host", "none"})
STATUS_SINCE = (1, 52)


async def network_list(call: Call) -> Answer:
    """`GET /networks`."""
    filters = parse_filters(call.query.text("filters"))
    found = select_networks(await call.engine.networks.list(), filters)
    with_containers = call.version < network_answers.CONTAINERS_IN_LISTS_UNTIL
    document = network_inspect if with_containers else network_summary
    return JsonAnswer([network_answers.network(document(one), call.version) for one in found])


async def network_inspect_one(call: Call) -> Answer:
    """`GET /networks/{id}`."""
    verbose = call.query.text("verbose")  # shows services of clusters, of which there are none
    try:
        parse_truth(verbose or "false")
    except InvalidParameter as error:
        raise InvalidParameter(f"invalid value for verbose: {verbose}: {error}") from error
    found = await call.engine.networks.inspect(call.name, call.query.text("scope"))
    document = network_inspect(found)
    if call.version >= STATUS_SINCE:
        document["Status"] = network_status(found)
    return JsonAnswer(network_answers.network(document, call.version))


def select_networks(networks: Sequence[NetworkInfo], filters: Filters) -> list[NetworkInfo]:
    """The networks that pass all filters; InvalidParameter for a filter or value that doesn't exist."""
    for key, values in filters.items():
        if key not in TESTS:
            raise InvalidParameter(f"invalid filter '{key}'")
        if key == "type" and (wrong := [value for value in values if value not in ("builtin", "custom")]):
            raise InvalidParameter(f"invalid filter: 'type'='{wrong[0]}'")
        if key == "dangling":
            _check_truth(values)
    return [one for one in networks if all(TESTS[key](one, values) for key, values in filters.items() if values)]


def unused_networks(networks: Sequence[NetworkInfo], filters: Filters) -> list[NetworkInfo]:
    """The networks that a prune removes: of users, without endpoints, and with or without labels as `filters` say."""
    without = filters.get("label!", ())
    found = select_networks(networks, {"label": filters.get("label", ()), "dangling": ("true",)})
    return [one for one in found if not (without and _has_labels(one, without))]


def _check_truth(values: tuple[str, ...]) -> None:
    if len(values) > 1:
        raise InvalidParameter('got more than one value for filter key "dangling"')
    if values and values[0] not in ("0", "1", "false", "true"):
        raise InvalidParameter('invalid value for filter \'dangling\', must be "true" (or "1"), or "false" (or "0")')


def _has_labels(network: NetworkInfo, values: tuple[str, ...]) -> bool:
    labels = dict(network.labels)
    pairs = [value.partition("=") for value in values]
    return all(name in labels and (not equals or labels[name] == wanted) for name, equals, wanted in pairs)


def _is_dangling(network: NetworkInfo, values: tuple[str, ...]) -> bool:
    dangling = network.name not in PREDEFINED and not network.containers
    return dangling == (values[0] in ("1", "true"))


TESTS: dict[str, Callable[[NetworkInfo, tuple[str, ...]], bool]] = {
    "dangling": _is_dangling,
    "driver": lambda network, values: network.driver in values,
    "id": lambda network, values: any(matches(value, network.id) for value in values),
    "label": _has_labels,
    "name": lambda network, values: any(matches(value, network.name) for value in values),
    "scope": lambda network, values: network.scope in values,
    "type": lambda network, values: ("builtin" if network.name in PREDEFINED else "custom") in values,
}
"""Each filter and its test."""
