"""`update`: other limits, restart policy and published ports for a container, at once if it runs."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from dockyard.engine.containers.collection import Entry
from dockyard.engine.containers.config import PortMap, Resources, RestartPolicy
from dockyard.engine.containers.lifecycle.publish import change_ports
from dockyard.engine.containers.ports import port_requests
from dockyard.engine.containers.services import Services
from dockyard.engine.containers.spec.resources import resources
from dockyard.engine.containers.validation import check_resources, check_restart_policy
from dockyard.errors import Conflict, InvalidParameter
from dockyard.spec.runtime import to_json

CHANGEABLE = frozenset(
    (
        *("blkio_weight", "cpu_shares", "cpu_period", "cpu_quota", "cpu_realtime_period", "cpu_realtime_runtime"),
        *("cpuset_cpus", "cpuset_mems", "memory", "memory_reservation", "memory_swap", "nano_cpus", "pids_limit"),
    )
)


async def update(
    services: Services,
    entry: Entry,
    wanted: Resources,
    restart_policy: RestartPolicy | None,
    added_ports: PortMap = None,
    removed_ports: PortMap = None,
) -> Sequence[str]:
    """Changes what `wanted` sets; zero and None leave as it is. For ports see `publish.change_ports`.

    Returns:
        What the user should know.
    """
    changes = _changes(wanted)
    async with entry.lock:
        record = entry.record
        cannot = f"Cannot update container {record.id}"
        if entry.removed.done():
            raise Conflict(
                f"Cannot update container {record.id}: Container is marked for removal and cannot be updated"
            )
        host = record.host_config
        if changes.get("memory") and not changes.get("memory_swap") and 0 < host.memory_swap < changes["memory"]:
            raise Conflict(
                f"{cannot}: Memory limit should be smaller than already set memoryswap limit, "
                "update the memoryswap at the same time"
            )
        after = msgspec.structs.replace(host, **changes)
        if restart_policy is not None and restart_policy.name:
            check_restart_policy(restart_policy)
            if host.auto_remove and restart_policy.name != "no":
                raise InvalidParameter(
                    "Restart policy cannot be updated because AutoRemove is enabled for the container"
                )
            after = msgspec.structs.replace(after, restart_policy=restart_policy)
        check_resources(after)
        if added_ports or removed_ports:
            await change_ports(services, entry, added_ports, removed_ports)
            record = entry.record
            ports = record.host_config.port_bindings
            after = msgspec.structs.replace(after, port_bindings=ports)
        if changes and record.state.running and entry.shim is not None:
            await entry.shim.update(to_json(resources(after, ())))
        services.collection.replace(entry, msgspec.structs.replace(record, host_config=after))
        services.announce(record, "update")
        added = port_requests(msgspec.structs.replace(host, port_bindings=added_ports))
    return await services.networks.publishing_warnings(added)


def _changes(wanted: Resources) -> Mapping[str, Any]:
    default = Resources()
    changes = {}
    for name in Resources.__struct_fields__:
        value = getattr(wanted, name)
        if value in (getattr(default, name), (), None):
            continue
        if name not in CHANGEABLE:
            raise InvalidParameter(f"update of {name} is not supported")
        changes[name] = value
    return changes
