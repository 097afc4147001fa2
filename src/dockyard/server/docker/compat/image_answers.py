"""Images as older versions showed them: list and inspect."""

from typing import Any

from dockyard.api.versions import Version
from dockyard.engine.timestamps import ZERO
from dockyard.server.docker.compat.steps import Before, Document, apply, drop

CONFIG_BEFORE_1_52: dict[str, Any] = {
    "Cmd": None,
    "Entrypoint": None,
    "Env": None,
    "Labels": None,
    "OnBuild": None,
    "User": "",
    "Volumes": None,
    "WorkingDir": "",
}
CONFIG_BEFORE_1_50: dict[str, Any] = {
    "AttachStderr": False,
    "AttachStdin": False,
    "AttachStdout": False,
    "Domainname": "",
    "Hostname": "",
    "Image": "",
    "OpenStdin": False,
    "StdinOnce": False,
    "Tty": False,
}


def _show_virtual_size(document: Document) -> None:
    document["VirtualSize"] = document["Size"]


def _name_the_nameless(document: Document) -> None:
    if not document["RepoTags"] and not document["RepoDigests"]:
        document["RepoTags"], document["RepoDigests"] = ["<none>:<none>"], ["<none>@<none>"]
    _null_for_no_names(document)


def _null_for_no_names(document: Document) -> None:
    for key in ("RepoTags", "RepoDigests"):
        document[key] = document[key] or None


def _count_no_containers(document: Document) -> None:
    document["Containers"] = -1


def _show_empty_fields(document: Document) -> None:
    for key in ("Parent", "Comment", "DockerVersion", "Author"):
        document.setdefault(key, "")
    document["Config"] = CONFIG_BEFORE_1_52 | (document["Config"] or {})


def _show_container_fields_in_config(document: Document) -> None:
    document["Config"] = CONFIG_BEFORE_1_50 | document["Config"]


def _show_building_container(document: Document) -> None:
    document.setdefault("Container", "")
    document["ContainerConfig"] = CONFIG_BEFORE_1_52 | CONFIG_BEFORE_1_50 | (document.get("ContainerConfig") or {})


def _show_creation(document: Document) -> None:
    document.setdefault("Created", ZERO)


CONTAINER_HIDDEN_SINCE = (1, 45)

SUMMARY = (
    Before((1, 51), _count_no_containers),
    Before((1, 48), drop("Descriptor")),
    Before((1, 44), _show_virtual_size),
    Before((1, 43), _name_the_nameless),
)
USAGE = (
    Before((1, 52), _null_for_no_names),
    Before((1, 48), drop("Descriptor")),
    Before((1, 44), _show_virtual_size),
)
INSPECT = (
    Before((1, 52), _show_empty_fields),
    Before((1, 50), _show_container_fields_in_config),
    Before((1, 48), drop("Descriptor")),
    Before(CONTAINER_HIDDEN_SINCE, _show_building_container),
    Before((1, 44), _show_virtual_size),
    Before((1, 44), _show_creation),
)


def summary(document: Document, version: Version) -> Document:
    """A line of the list as `version` has it."""
    return apply(document, version, SUMMARY)


def inspect(document: Document, version: Version) -> Document:
    """An inspected image as `version` has it."""
    if version >= CONTAINER_HIDDEN_SINCE:
        drop("Container", "ContainerConfig")(document)
    return apply(document, version, INSPECT)


def usage_item(document: Document, version: Version) -> Document:
    """An image of `system df` as `version` has it: containers are counted, no names made up."""
    return apply(document, version, USAGE)
