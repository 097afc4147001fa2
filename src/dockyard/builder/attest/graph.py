"""The graph of a build in the form in which BuildKit's provenance has it: numbered steps with their inputs.

Operations are described with the names of BuildKit's own (solver/pb/ops.proto); what ours has in one COPY of several
sources are several actions there.
"""

from collections.abc import Iterator
from typing import Any

from dockyard.builder.graph import (
    HOSTNAME,
    Base,
    BindMount,
    CacheMount,
    GitTree,
    HttpTree,
    LocalTree,
    MakeDirectory,
    Mount,
    Operation,
    Run,
    SecretMount,
    SshMount,
    Stack,
    TmpfsMount,
    Transfer,
    Vertex,
)
from dockyard.spec.image.fields import Json

_NETWORKS = {"host": 1, "none": 2}
_KINDS: dict[type[Mount], str] = {
    BindMount: "BIND",
    CacheMount: "CACHE",
    TmpfsMount: "TMPFS",
    SecretMount: "SECRET",
    SshMount: "SSH",
}


def ordered(root: Vertex) -> list[Vertex]:
    """All vertices, inputs before those that need them, each once."""
    found: dict[str, Vertex] = {}
    pending = [(root, False)]
    while pending:
        vertex, done = pending.pop()
        if vertex.digest in found:
            continue
        if done:
            found[vertex.digest] = vertex
        else:
            pending.append((vertex, True))
            pending += [(one, False) for one in reversed(vertex.inputs)]
    return list(found.values())


def build_config(root: Vertex, images: dict[str, str]) -> Json:
    """`buildConfig`. `images`: digests of base images by their names."""
    vertices = ordered(root)
    places = {vertex.digest: place for place, vertex in enumerate(vertices)}
    steps: list[Json] = []
    for place, vertex in enumerate(vertices):
        step: Json = {"id": f"step{place}", "op": {"Op": _operation(vertex.operation, images), "constraints": {}}}
        if vertex.inputs:
            step["inputs"] = [f"step{places[one.digest]}:0" for one in vertex.inputs]
        steps.append(step)
    last = len(steps)
    steps.append({"id": f"step{last}", "op": {"Op": {}}, "inputs": [f"step{places[root.digest]}:0"]})
    return {
        "llbDefinition": steps,
        "digestMapping": {vertex.digest: f"step{place}" for place, vertex in enumerate(vertices)},
    }


def source_metadata(root: Vertex, filename: str, data: str) -> Json:
    """Where in the Dockerfile (`data` in base64) each step stands."""
    locations: Json = {}
    for place, vertex in enumerate(ordered(root)):
        span = vertex.span
        known = span is not None and span.start > 0
        locations[f"step{place}"] = (
            {"locations": [{"ranges": [{"start": {"line": span.start}, "end": {"line": span.end}}]}]}
            if known and span is not None
            else {}
        )
    return {"locations": locations, "infos": [{"filename": filename, "language": "Dockerfile", "data": data}]}


def _operation(operation: Operation, images: dict[str, str]) -> Json:
    match operation:
        case Base():
            digest = images.get(operation.reference, "")
            name = f"{operation.reference}@{digest}" if digest else operation.reference
            return {"source": {"identifier": f"docker-image://{name}"}}
        case LocalTree():
            return {"source": {"identifier": f"local://{operation.name}"}}
        case HttpTree():
            attributes = {"http.filename": operation.filename, "http.checksum": operation.checksum}
            return {"source": {"identifier": operation.url, "attrs": {k: v for k, v in attributes.items() if v}}}
        case GitTree():
            place = f"#{operation.reference}:{operation.subdirectory}".rstrip("#:")
            return {"source": {"identifier": f"git://{operation.remote}{place}"}}
        case MakeDirectory():
            action = {"mkdir": {"path": operation.path, "mode": 0o755, "makeParents": True, "timestamp": -1}}
            return {"file": {"actions": [{"input": 0, "secondaryInput": -1, "output": 0, "Action": action}]}}
        case Run():
            return {"exec": _exec(operation)}
        case Stack():
            return {"merge": {"inputs": [{"input": 0}, {"input": 1}]}}
        case Transfer():
            return {"file": {"actions": list(_actions(operation))}}
    return {"type": type(operation).__name__}


def _exec(operation: Run) -> Json:
    meta: Json = {"args": list(operation.args), "env": list(operation.env), "cwd": operation.cwd}
    if operation.user:
        meta["user"] = operation.user
    sandbox = operation.sandbox
    if sandbox.hostname not in ("", HOSTNAME):
        meta["hostname"] = sandbox.hostname
    if sandbox.hosts:
        meta["extraHosts"] = [dict(zip(("Host", "IP"), host.split(":", 1), strict=True)) for host in sandbox.hosts]
    if sandbox.ulimits:
        meta["ulimit"] = [{"Name": name, "Soft": soft, "Hard": hard} for name, soft, hard in sandbox.ulimits]
    if sandbox.cgroup_parent:
        meta["cgroupParent"] = sandbox.cgroup_parent
    told: Json = {"meta": meta, "mounts": [{"input": 0, "dest": "/", "output": 0}]}
    shared = (TmpfsMount("/dev/shm", sandbox.shm_bytes),) if sandbox.shm_bytes else ()
    told["mounts"] += [_mount(one) for one in (*operation.mounts, *shared)]
    if operation.network in _NETWORKS:
        told["network"] = _NETWORKS[operation.network]
    if operation.insecure:
        told["security"] = 1
    return told


def _mount(mount: Mount) -> Json:
    told: Json = {"dest": mount.target, "mountType": _KINDS[type(mount)]}
    match mount:
        case BindMount() | CacheMount():
            told |= {"input": mount.input or -1, "selector": mount.source, "readonly": mount.readonly}
            if isinstance(mount, CacheMount):
                told["cacheOpt"] = {"ID": mount.id, "sharing": mount.sharing.upper()}
        case SecretMount():
            told["secretOpt"] = {"ID": mount.id, "optional": not mount.required}
        case SshMount():
            told["SSHOpt"] = {"ID": mount.id, "optional": not mount.required}
        case TmpfsMount():
            told["TmpfsOpt"] = {"size": mount.size_bytes}
    return told


def _actions(operation: Transfer) -> Iterator[dict[str, Any]]:
    shared = {"dest": operation.destination, "mode": -1, "timestamp": -1, "createDestPath": True}
    for selection in operation.selections:
        for path in selection.paths:
            copy: Json = {
                "src": path,
                **shared,
                "followSymlink": True,
                "dirCopyContents": True,
                "allowWildcard": True,
                "allowEmptyWildcard": True,
            }
            if selection.unpack:
                copy["attemptUnpackDockerCompatibility"] = True
            yield {"input": 0, "secondaryInput": selection.input, "output": 0, "Action": {"copy": copy}}
    for file in operation.files:
        made = {"path": f"{operation.destination.rstrip('/')}/{file.name}", "mode": 0o644, "timestamp": -1}
        yield {"input": 0, "secondaryInput": -1, "output": 0, "Action": {"mkfile": made}}
