"""`POST /build?version=2`: BuildKit for clients that have no buildx (Docker's own client of 18.09 to 20.10, and SDKs).

The context is in the client's session, at a URL, in the body, or in the body of a second request
(`remote=upload-request`). Progress comes as lines that hold BuildKit's own messages, the image's id in a last one.

    {"id":"moby.buildkit.trace","aux":"<base64 of StatusResponse>"}      {"id":"moby.image.id","aux":{"ID":"sha256:…"}}

https://docs.docker.com/reference/api/engine/version/v1.55/#tag/Image/operation/ImageBuild
"""

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import msgspec

from dockyard.engine.builds.request import BuildRequest
from dockyard.errors import DockyardError, InvalidParameter
from dockyard.server.docker.call import Call
from dockyard.server.docker.http.answers import Answer, EmptyAnswer, StreamAnswer
from dockyard.server.docker.wire import progress

if TYPE_CHECKING:
    from dockyard.engine.builds.kit.jobs import Solve

UPLOAD = "upload-request"
SESSION = "client-session"


async def build_with_kit(call: Call, request: BuildRequest) -> Answer:
    """Builds. `request`: the parameters that the classic API has, too."""
    kit = call.engine.builds.kit
    build_id = call.query.text("buildid")
    if build_id.startswith(f"{UPLOAD}:"):
        await kit.uploads.offer(build_id.removeprefix(f"{UPLOAD}:"), call.body_pieces())
        return EmptyAnswer(200)
    solve, quiet = _solve(call, request), call.query.flag("q")
    body: Iterator[bytes] | None = request.chunks if not call.query.text("remote") else None

    async def lines() -> AsyncIterator[bytes]:
        upload = build_id if call.query.text("remote") == UPLOAD else ""
        work = asyncio.ensure_future(kit.solve(solve, body=body, upload=upload))
        try:
            try:
                told = await kit.progress(solve.id, work)
                async for response in told.follow():
                    if quiet:
                        continue
                    encoded = b64encode(response.SerializeToString()).decode()
                    yield progress.line({"id": "moby.buildkit.trace", "aux": encoded})
            except DockyardError:
                pass  # the build's own error says more
            answer = await work
        except DockyardError as error:
            text = str(error)
            yield progress.line({"errorDetail": {"message": text}, "error": text})
            return
        finally:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)
        digest = answer.get("containerimage.digest")
        if digest and quiet:
            yield progress.stream(f"{digest}\n")
        elif digest:
            yield progress.line({"id": "moby.image.id", "aux": {"ID": digest}})

    return StreamAnswer(lines(), epilogue=progress.failure)


def _solve(call: Call, request: BuildRequest) -> "Solve":
    from dockyard.builder.export.attributes import TRUE
    from dockyard.builder.frontend.attributes import CacheSource
    from dockyard.engine.builds.kit.jobs import Output, Solve
    from dockyard.engine.builds.kit.uploads import BODY_URL

    query = call.query
    if request.network not in ("", "default", "host", "none"):
        raise InvalidParameter(f'network mode "{request.network}" not supported by buildkit')
    remote = query.text("remote")
    attributes: dict[str, str] = {
        **({"target": request.target} if request.target else {}),
        **({"filename": request.dockerfile} if request.dockerfile not in ("", ".") else {}),
        **({"context": remote if remote and remote != UPLOAD else BODY_URL} if remote != SESSION else {}),
        **{f"build-arg:{name}": value for name, value in request.arguments.items() if value is not None},
        **{f"label:{name}": value for name, value in request.labels.items()},
        **({"no-cache": ""} if request.no_cache else {}),
        "image-resolve-mode": "pull" if request.pull else "local",
        **({"platform": query.text("platform")} if query.text("platform") else {}),
        **({"force-network-mode": request.network} if request.network in ("host", "none") else {}),
        **({"cache-from": ",".join(request.cache_from)} if request.cache_from else {}),
        **_limits(request),
    }
    outputs = _outputs(query.text("outputs"))
    if not outputs:
        outputs = [Output("moby")]
    names = ",".join(str(tag) for tag in request.tags)
    return Solve(
        uuid4().hex[:25],
        query.text("session"),
        "dockerfile.v0",
        attributes,
        tuple(
            Output(one.type, {**one.attributes, "name": names}) if names and one.type in ("moby", "image") else one
            for one in outputs
            if one.type != "cacheonly"
        ),
        cache_to=(CacheSource("inline", {}),) if request.arguments.get("BUILDKIT_INLINE_CACHE") in TRUE else (),
        entitlements=("network.host",) if request.network == "host" else (),
    )


def _limits(request: BuildRequest) -> Mapping[str, str]:
    host = request.host
    hosts = [one.partition(":") for one in host.extra_hosts or ()]
    ulimits = [f"{one.name}={one.soft}:{one.hard}" for one in host.ulimits or ()]
    return {
        **({"add-hosts": ",".join(f"{name}={address}" for name, _, address in hosts)} if hosts else {}),
        **({"shm-size": str(host.shm_size)} if host.shm_size else {}),
        **({"ulimit": ",".join(ulimits)} if ulimits else {}),
        **({"cgroup-parent": host.cgroup_parent} if host.cgroup_parent else {}),
    }


def _outputs(text: str) -> list[Any]:
    from dockyard.engine.builds.kit.jobs import Output

    if not text:
        return []
    try:
        given = msgspec.json.decode(text, type=list[dict[str, Any]] | None) or []
        found = [
            Output(str(one["Type"]), {key: str(v) for key, v in (one.get("Attrs") or {}).items()}) for one in given
        ]
    except (msgspec.MsgspecError, RecursionError, KeyError, AttributeError) as error:
        raise InvalidParameter(f"invalid outputs specified: {error}") from error
    if len(found) > 1:
        raise InvalidParameter("multiple outputs not supported")
    return found
