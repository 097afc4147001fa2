"""Images (Engine API: ImageSummary, ImageInspect, ImageHistoryResponseItem, ImageDeleteResponseItem)."""

from typing import Any

import msgspec

from dockyard.engine.images.attestations import Attestation
from dockyard.engine.images.details import ImageDetails
from dockyard.engine.images.listing import ListedImage
from dockyard.engine.images.manifests import ManifestDetails, Target
from dockyard.engine.timestamps import ZERO, rfc3339_ns
from dockyard.server.docker.wire.container_config import without_empty
from dockyard.server.docker.wire.durations import SECOND_NS
from dockyard.spec.image.config import config_to_json
from dockyard.spec.image.descriptor import Platform, platform_to_json
from dockyard.spec.image.platform import satisfies
from dockyard.store.images import Removed, RemovedKind
from dockyard.store.images.history import HistoryRow

NOT_CALCULATED = -1
GO_ZERO_SECONDS = -62135596800


def image_summary(image: ListedImage) -> dict[str, Any]:
    """A line of `docker images`."""
    return {
        "Containers": image.containers,
        "Created": unix_seconds(image.stored.image.created),
        "Id": image.stored.id,
        "Labels": image.labels or None,
        "ParentId": image.stored.parent or "",
        "RepoDigests": image.digests,
        "RepoTags": image.tags,
        "SharedSize": NOT_CALCULATED,
        "Size": image.size_bytes,
    }


def image_inspect(details: ImageDetails) -> dict[str, Any]:
    """Everything about one image; what it doesn't say of itself is left out.

    Its StopTimeout is a matter of Docker's alone, which containers inherit and the API doesn't show.
    """
    stored, image = details.stored, details.stored.image
    optional = {
        "Parent": stored.parent,
        "Comment": image.comment or (image.history[-1].comment if image.history else ""),
        "Created": image.created,
        "DockerVersion": image.docker_version,
        "Author": image.author,
        "Variant": image.variant,
        "OsVersion": image.os_version,
        # for old clients alone
        "Container": image.container,
        "ContainerConfig": without_empty(image.container_config or {}),
    }
    return {
        "Id": stored.id,
        "RepoTags": details.tags,
        "RepoDigests": details.digests,
        **{key: value for key, value in optional.items() if value},
        "Config": config_to_json(image.config._replace(stop_timeout=None)),
        "Architecture": image.architecture,
        "Os": image.os,
        "Size": details.size_bytes,
        "GraphDriver": {"Data": details.graph_data or None, "Name": details.graph_driver},
        "RootFS": {"Type": "layers", "Layers": image.rootfs.diff_ids},
        "Metadata": {"LastTagTime": stored.last_tag_time or ZERO},
    }


def image_target(found: Target, *, manifests: bool, platform: Platform | None = None) -> dict[str, Any]:
    """What an image's name stands for, with all `manifests` below it, or the one for `platform`; {} when unknown."""
    if found.descriptor is None:
        return {"Manifests": []} if manifests else {}
    descriptor = found.descriptor.to_json()
    for one in found.manifests if platform is not None else ():
        if one.available and one.platform is not None and platform is not None and satisfies(one.platform, platform):
            descriptor = one.descriptor.to_json()
            break
    shown: dict[str, Any] = {"Manifests": [_manifest(one) for one in found.manifests]} if manifests else {}
    return {"Descriptor": descriptor, **shown}


def _manifest(one: ManifestDetails) -> dict[str, Any]:
    document: dict[str, Any] = {
        "ID": one.descriptor.digest,
        "Descriptor": one.descriptor.to_json(),
        "Available": one.available,
        "Size": {"Content": one.content_bytes, "Total": one.content_bytes + one.unpacked_bytes},
        "Kind": one.kind,
    }
    if one.kind == "image":
        document["ImageData"] = {
            "Platform": platform_to_json(one.platform or Platform()),
            "Size": {"Unpacked": one.unpacked_bytes},
            "Containers": one.containers or None,
        }
    elif one.kind == "attestation":
        document["AttestationData"] = {"For": one.about}
    return document


def attestation(one: Attestation) -> dict[str, Any]:
    """A statement about an image; its text as it is stored."""
    document: dict[str, Any] = {"Descriptor": one.descriptor.to_json(), "PredicateType": one.predicate_type}
    return document if one.statement is None else document | {"Statement": msgspec.Raw(one.statement)}


def history_item(row: HistoryRow) -> dict[str, Any]:
    """One step of how the image was made."""
    return {
        "Comment": row.comment,
        "Created": unix_seconds(row.created),
        "CreatedBy": row.created_by,
        "Id": row.id,
        "Size": row.size_bytes,
        "Tags": row.tags or None,
    }


def removed_item(removed: Removed) -> dict[str, str]:
    """One line of `docker rmi`."""
    return {"Untagged" if removed.kind is RemovedKind.UNTAGGED else "Deleted": removed.name}


def unix_seconds(created: str) -> int:
    """An image's time of creation as Unix seconds; Go's zero time (far before the epoch) when it has none."""
    return rfc3339_ns(created) // SECOND_NS or GO_ZERO_SECONDS
