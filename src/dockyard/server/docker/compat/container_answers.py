"""Containers as older versions showed them: list and inspect."""

from typing import Any

from dockyard.api.versions import Version
from dockyard.server.docker.compat.steps import Before, Document, apply, drop

PREDEFINED_NETWORKS = frozenset({"bridge", "host", "none", "default"})


def _drop_annotations(document: Document) -> None:
    document["HostConfig"].pop("Annotations", None)


def _drop_gateway_priority(document: Document) -> None:
    for network in document["NetworkSettings"]["Networks"].values():
        network.pop("GwPriority", None)


def _drop_dns_names(document: Document) -> None:
    for network in document["NetworkSettings"]["Networks"].values():
        network.pop("DNSNames", None)


def _add_short_id_to_aliases(document: Document) -> None:
    """Until 1.45 the short id and the host name stood among the aliases of user-defined networks."""
    for name, network in document["NetworkSettings"]["Networks"].items():
        if name not in PREDEFINED_NETWORKS:
            aliases = [*(network["Aliases"] or ()), document["Id"][:12], document["Config"]["Hostname"]]
            network["Aliases"] = list(dict.fromkeys(aliases))


def _show_bridge_at_top(document: Document) -> None:
    """Until 1.52 the default bridge's addresses stood in NetworkSettings itself, among fields long without meaning."""
    settings: dict[str, Any] = document["NetworkSettings"]
    bridge = settings["Networks"].get("bridge", {})
    settings |= {
        "Bridge": "",
        "HairpinMode": False,
        "LinkLocalIPv6Address": "",
        "LinkLocalIPv6PrefixLen": 0,
        "SecondaryIPAddresses": None,
        "SecondaryIPv6Addresses": None,
    }
    for key in ("EndpointID", "Gateway", "GlobalIPv6Address", "IPAddress", "IPv6Gateway", "MacAddress"):
        settings[key] = bridge.get(key, "")
    for key in ("GlobalIPv6PrefixLen", "IPPrefixLen"):
        settings[key] = bridge.get(key, 0)


def _show_removed_limits(document: Document) -> None:
    """Limits that scripts of old still read: always zero."""
    document["HostConfig"] |= {"DiskQuota": 0, "KernelMemory": 0, "KernelMemoryTCP": 0}


def _show_triggers(document: Document) -> None:
    document["Config"].setdefault("OnBuild", None)


def _drop_layer_id(document: Document) -> None:
    (document["GraphDriver"]["Data"] or {}).pop("ID", None)


SUMMARY = (
    Before((1, 52), drop("Health")),
    Before((1, 48), _drop_gateway_priority),
    Before((1, 46), _drop_annotations),
    Before((1, 44), _drop_dns_names),
)
INSPECT = (
    Before((1, 52), _show_bridge_at_top),
    Before((1, 52), _show_triggers),
    Before((1, 48), _drop_gateway_priority),
    Before((1, 46), _drop_layer_id),
    Before((1, 45), _add_short_id_to_aliases),
    Before((1, 44), _drop_dns_names),
    Before((1, 43), _drop_annotations),
    Before((1, 42), _show_removed_limits),
)
STATS = (Before((1, 52), drop("os_type")),)


def summary(document: Document, version: Version) -> Document:
    """A line of the list as `version` has it."""
    return apply(document, version, SUMMARY)


def inspect(document: Document, version: Version) -> Document:
    """An inspected container as `version` has it."""
    return apply(document, version, INSPECT)


def stats(document: Document, version: Version) -> Document:
    """What a container uses as `version` has it."""
    return apply(document, version, STATS)
