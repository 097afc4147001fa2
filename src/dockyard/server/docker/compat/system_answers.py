"""`info` and `system df` as older versions showed them."""

from typing import Any

from dockyard.api.versions import Version
from dockyard.server.docker.compat import image_answers
from dockyard.server.docker.compat.steps import Before, Document, apply, drop

USAGE_SECTIONS_SINCE = (1, 52)
BUILDER_SIZE_UNTIL = (1, 42)
RUNTIME_STATUS_SINCE = (1, 44)


def _show_bridge_netfilter(document: Document) -> None:
    document |= {"BridgeNfIptables": False, "BridgeNfIp6tables": False}


def _show_expected_commits(document: Document) -> None:
    """The version that a component was expected to have; the same as it has, so that no client warns."""
    for key in ("ContainerdCommit", "RuncCommit", "InitCommit"):
        document[key] = {**document[key], "Expected": document[key]["ID"]}


def _show_nondistributable(document: Document) -> None:
    document["RegistryConfig"] = {
        **document["RegistryConfig"],
        "AllowNondistributableArtifactsCIDRs": None,
        "AllowNondistributableArtifactsHostnames": None,
    }


def _empty_lists_for_null(document: Document) -> None:
    document["RegistryConfig"] = {
        key: [] if value is None else value for key, value in document["RegistryConfig"].items()
    }


def _drop_runtime_status(document: Document) -> None:
    document["Runtimes"] = {
        name: {key: value for key, value in runtime.items() if key != "status"}
        for name, runtime in document["Runtimes"].items()
    }


def _show_kernel_memory_of_sockets(document: Document) -> None:
    document["KernelMemoryTCP"] = False


def _show_kernel_memory(document: Document) -> None:
    document["KernelMemory"] = False


def _name_security_options(document: Document) -> None:
    """Until 1.25 security options were names alone, and there was a driver of execution, which had no name any more."""
    options = [option.partition(",")[0].removeprefix("name=") for option in document["SecurityOptions"]]
    document |= {"ExecutionDriver": "<not supported>", "SecurityOptions": options}


INFO = (
    Before((1, 53), drop("NRI")),
    Before((1, 52), _show_kernel_memory_of_sockets),
    Before((1, 50), drop("DiscoveredDevices")),
    Before((1, 50), _show_bridge_netfilter),
    Before((1, 49), drop("FirewallBackend")),
    Before((1, 49), _show_expected_commits),
    Before((1, 47), _show_nondistributable),
    Before((1, 46), drop("Containerd")),
    Before(RUNTIME_STATUS_SINCE, _drop_runtime_status),
    Before((1, 42), _show_kernel_memory),
    Before((1, 42), _empty_lists_for_null),
    Before((1, 25), _name_security_options),
)


def info(document: Document, version: Version) -> Document:
    """`docker info` as `version` has it."""
    return apply(document, version, INFO)


def disk_usage(document: Document, version: Version, verbose: bool) -> dict[str, Any]:
    """`docker system df` as `version` has it.

    Until 1.52 there were flat lists. 1.52 and later have a section for each kind; the lists come along unless the
    client asked for `verbose`, by which it shows that it knows the sections.
    """
    if version >= USAGE_SECTIONS_SINCE and verbose:
        return document
    flat: dict[str, Any] = {}
    if "ImageUsage" in document:
        flat["LayersSize"] = document["ImageUsage"]["TotalSize"]
        images = [dict(item) for item in document["ImageUsage"]["Items"]]
        flat["Images"] = [image_answers.usage_item(item, version) for item in images]
    for section, name in (
        ("ContainerUsage", "Containers"),
        ("VolumeUsage", "Volumes"),
        ("BuildCacheUsage", "BuildCache"),
    ):
        if section in document:
            flat[name] = document[section]["Items"]
    if version < BUILDER_SIZE_UNTIL:
        flat["BuilderSize"] = 0
    if version < USAGE_SECTIONS_SINCE:
        return flat
    without_items = {
        section: {key: value for key, value in usage.items() if key != "Items"} for section, usage in document.items()
    }
    return flat | without_items
