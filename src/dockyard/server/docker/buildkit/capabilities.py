"""What this builder says that it can do: the words of BuildKit's `apicaps` that hold here, and the worker."""

from typing import Any

from dockyard.spec.image.descriptor import Platform
from dockyard.wire.buildkit.messages import caps, ops, types

FRONTEND = (
    "frontend.caps", "frontend.inputs", "gateway.evaluate", "gateway.solve.evaluate", "gateway.solve.metadata",
    "gateway.warnings", "importcaches", "proto.refarray", "readdir", "readfile", "reference.attestations",
    "reference.output", "resolveimage", "resolveimage.resolvemode", "return", "returnmap", "solve.base",
    "source.metaresolver", "statfile",
)  # fmt: skip
"""Not `gateway.exec` and its like: containers of a client's own during a build."""
LLB = (
    "constraints", "exec.cgroup", "exec.meta.base", "exec.meta.cgroup.parent", "exec.meta.network",
    "exec.meta.proxyenv", "exec.meta.security", "exec.meta.setsdefaultpath", "exec.meta.ulimit", "exec.mount.bind",
    "exec.mount.bind.readwrite-nooutput", "exec.mount.cache", "exec.mount.cache.sharing", "exec.mount.secret",
    "exec.mount.selector", "exec.mount.ssh", "exec.mount.tmpfs", "exec.mount.tmpfs.size", "exec.secretenv",
    "exporter.image.annotations", "exporter.image.attestations", "exporter.multiple",
    "exporter.sourcedateepoch", "file.base", "file.copy.alwaysreplaceexistingdestpaths",
    "file.copy.includeexcludepatterns", "file.rm.wildcard", "meta.description", "meta.exportcache", "meta.ignorecache",
    "platform", "source.git", "source.git.checksum", "source.git.fullurl", "source.git.keepgitdir",
    "source.git.subdir", "source.http", "source.http.checksum", "source.image", "source.image.resolvemode",
    "source.local", "source.local.differ", "source.local.excludepatterns", "source.local.followpaths",
    "source.local.includepatterns", "source.local.sessionid", "source.local.sharedkeyhint", "source.local.unique",
)  # fmt: skip
VERSION = "v0.25.2"
"""Of the BuildKit whose behaviour is the model."""


def all_caps(names: tuple[str, ...]) -> list[Any]:
    """As messages."""
    return [caps.APICap(ID=name, Enabled=True) for name in names]


def platform_message(platform: Platform) -> Any:
    """A platform as a message."""
    return ops.Platform(
        Architecture=platform.architecture,
        OS=platform.os,
        Variant=platform.variant,
        OSVersion=platform.os_version,
    )


def worker(worker_id: str, platforms: list[Platform], version: str, snapshotter: str) -> Any:
    """The one worker that there is. `snapshotter`: the graph driver."""
    return types.WorkerRecord(
        ID=worker_id,
        # With a snapshotter, buildx's driver `docker` allows what Docker's own images can't be (docs/adr/0022).
        Labels={
            "org.mobyproject.buildkit.worker.executor": "dockyard",
            "org.mobyproject.buildkit.worker.snapshotter": snapshotter,
        },
        platforms=[platform_message(platform) for platform in platforms],
        BuildkitVersion={"package": "dockyard", "version": f"{VERSION}+dockyard.{version}"},
    )
