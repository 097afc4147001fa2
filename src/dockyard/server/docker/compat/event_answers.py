"""Events as older versions showed them."""

from dockyard.api.versions import Version
from dockyard.server.docker.compat.steps import Document

LEGACY_FIELDS_UNTIL = (1, 52)
IMAGE_CREATE_SINCE = (1, 46)


def event(document: Document, version: Version) -> Document | None:
    """The event as `version` has it; None when that version doesn't know of such events.

    Until 1.52 containers and images had `status`, `id` and `from` beside Type, Action and Actor; `docker` up to 24
    needs them.
    """
    if version < IMAGE_CREATE_SINCE and (document["Type"], document["Action"]) == ("image", "create"):
        return None
    if version < LEGACY_FIELDS_UNTIL and document["Type"] in ("container", "image"):
        document |= {"status": document["Action"], "id": document["Actor"]["ID"]}
        if document["Type"] == "container":
            document["from"] = document["Actor"]["Attributes"].get("image", "")
    return document
