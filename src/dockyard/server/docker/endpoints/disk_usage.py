"""`GET /system/df`: how much disk images, containers and volumes take, and how much of it could be freed."""

from typing import Any

from dockyard.engine.containers.state import Status
from dockyard.engine.images.usage import ImageUsage
from dockyard.engine.timestamps import rfc3339
from dockyard.errors import InvalidParameter
from dockyard.server.docker.call import Call
from dockyard.server.docker.compat import container_answers, system_answers
from dockyard.server.docker.endpoints.containers.lists import shown_images
from dockyard.server.docker.http.answers import Answer, JsonAnswer
from dockyard.server.docker.wire.container_summary import container_summary
from dockyard.server.docker.wire.image import image_summary
from dockyard.server.docker.wire.volume import volume

KINDS = ("container", "image", "volume", "build-cache")
TYPES_SINCE = (1, 42)


async def system_data_usage(call: Call) -> Answer:
    """A section for each kind that was asked for; all without `type`."""
    wanted = (call.query.texts("type") if call.version >= TYPES_SINCE else ()) or KINDS
    for kind in wanted:
        if kind not in KINDS:
            raise InvalidParameter(f"unknown object type: {kind}")
    document: dict[str, Any] = {}
    if "image" in wanted:
        document["ImageUsage"] = await _images(call)
    if "container" in wanted:
        document["ContainerUsage"] = await _containers(call)
    if "volume" in wanted:
        document["VolumeUsage"] = await _volumes(call)
    if "build-cache" in wanted:
        document["BuildCacheUsage"] = await _build_cache(call)
    answer = system_answers.disk_usage(document, call.version, call.query.flag("verbose"))
    if call.query.flag("disk"):  # not in Docker's API
        root = call.engine.services.paths.data_root
        answer["Disk"] = [{"What": one.what, "Size": one.size_bytes} for one in await call.engine.images.disk(root)]
    return JsonAnswer(answer)


async def _images(call: Call) -> dict[str, Any]:
    usage = await call.engine.images.disk_usage()
    items = [image_summary(one.image) | _image_sizes(one) for one in usage.images]
    active = sum(one.image.containers > 0 for one in usage.images)
    return _section(items, active=active, total=usage.layers_bytes, reclaimable=usage.reclaimable_bytes)


def _image_sizes(one: ImageUsage) -> dict[str, int]:
    return {"Size": one.size_bytes, "SharedSize": one.shared_bytes}


async def _containers(call: Call) -> dict[str, Any]:
    items, total, reclaimable, active = [], 0, 0, 0
    now_ns = call.clock_ns()
    shown = shown_images(call)
    for container in call.engine.containers.list(everything=True):
        sizes = await call.engine.containers.sizes(container.id)
        line = container_summary(container, shown(container), now_ns, sizes)
        items.append(container_answers.summary(line, call.version))
        total += sizes[0]
        if container.state.running or container.state.status is Status.RESTARTING:
            active += 1
        else:
            reclaimable += sizes[0]
    return _section(items, active=active, total=total, reclaimable=reclaimable)


async def _volumes(call: Call) -> dict[str, Any]:
    usage = await call.engine.volumes.disk_usage()
    items = [volume(one.volume, (one.references, one.size_bytes)) for one in usage]
    total = sum(one.size_bytes for one in usage)
    unused = sum(one.size_bytes for one in usage if not one.references)
    return _section(items, active=sum(one.references > 0 for one in usage), total=total, reclaimable=unused)


async def _build_cache(call: Call) -> dict[str, Any]:
    usage = await call.engine.builds.usage()
    items = [
        {
            "ID": item.id,
            "Parents": list(item.parents) or None,
            "Type": item.kind,
            "Description": item.description,
            "InUse": item.in_use,
            "Shared": item.shared,
            "Size": item.size_bytes,
            "CreatedAt": rfc3339(item.created_ns),
            "LastUsedAt": rfc3339(item.used_ns) if item.uses else None,
            "UsageCount": item.uses,
        }
        for item in usage.items
    ]
    own = [item for item in usage.items if not item.shared]
    return _section(
        items,
        active=sum(item.in_use for item in usage.items),
        total=sum(item.size_bytes for item in own),
        reclaimable=sum(item.size_bytes for item in own if not item.in_use),
    )


def _section(items: list[dict[str, Any]], *, active: int, total: int, reclaimable: int) -> dict[str, Any]:
    return {
        "ActiveCount": active,
        "Items": items,
        "Reclaimable": reclaimable,
        "TotalCount": len(items),
        "TotalSize": total,
    }
