"""`POST /build`: the classic builder's stream, and `POST /build/prune`.

https://docs.docker.com/reference/api/engine/version/v1.55/#tag/Image/operation/ImageBuild
"""

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import msgspec

from dockyard.engine.builds import BuildRequest
from dockyard.engine.builds.messages import Begun, Finished, ImageMade, Message, Pulled, Text
from dockyard.engine.builds.usage import PruneRequest
from dockyard.engine.containers.config import HostConfig, Ulimit
from dockyard.errors import DockyardError, InvalidParameter
from dockyard.server.docker.cache_filters import cache_filters
from dockyard.server.docker.call import Call
from dockyard.server.docker.endpoints.images.pull import transfer_line
from dockyard.server.docker.filters import parse_filters
from dockyard.server.docker.http.answers import Answer, JsonAnswer, StreamAnswer
from dockyard.server.docker.registry_config import registry_config
from dockyard.server.docker.wire import progress
from dockyard.spec.image.platform import parse_platform
from dockyard.store.distribution.reference import Reference, parse_reference

PLATFORM_SINCE = (1, 32)
OUTPUTS_SINCE = (1, 40)
AUX_SINCE = (1, 30)
TEXT_UNTIL = (1, 51)


async def image_build(call: Call) -> Answer:
    """Builds an image. What is wrong before the first step has its own status; what comes later ends the stream."""
    if call.query.text("version") == "2":
        from dockyard.server.docker.endpoints.build_with_kit import build_with_kit

        return await build_with_kit(call, _request(call))
    request = _request(call)
    quiet = call.query.flag("q")
    messages = call.engine.builds.build(request)

    async def lines() -> AsyncIterator[bytes]:
        held: list[bytes] = []
        begun = False
        try:
            async with aclosing(messages) as told:
                async for message in told:
                    begun = begun or isinstance(message, Begun)
                    line = _line(call, message, quiet)
                    if not line:
                        continue
                    if quiet and not isinstance(message, Finished):
                        held.append(line)
                        continue
                    yield line
        except DockyardError as error:
            if not begun:
                raise _shown(error) from error
            for line in held:  # a quiet build that fails says what it kept to itself
                yield line
            yield _failure(error)

    return StreamAnswer(lines(), epilogue=progress.failure)


def _line(call: Call, message: Message, quiet: bool) -> bytes:
    match message:
        case Text(text):
            return progress.stream(text)
        case ImageMade(image_id):
            return progress.line({"aux": {"ID": image_id}}) if call.version >= AUX_SINCE else b""
        case Pulled(event):
            return transfer_line(event, drawn=call.version <= TEXT_UNTIL)  # type: ignore[arg-type]
        case Begun():
            return b""
        case Finished(image_id):
            return progress.stream(f"{image_id}\n") if quiet else b""


def _shown(error: DockyardError) -> DockyardError:
    """The error with the lines of the Dockerfile that it is about."""
    from dockyard.builder.dockerfile import DockerfileError  # a build has imported it, a daemon needn't

    if isinstance(error, DockerfileError) and error.excerpt:
        return InvalidParameter(f"{error}\n{error.excerpt}")
    return error


def _failure(error: DockyardError) -> bytes:
    from dockyard.builder.ops.run import CommandFailed

    text = str(error)
    detail: dict[str, Any] = {"message": text}
    if isinstance(error, CommandFailed):
        detail = {"code": error.exit_code, "message": text}
    return progress.line({"errorDetail": detail, "error": text})


def _request(call: Call) -> BuildRequest:
    query = call.query
    if query.text("version") != "2":
        _refuse(call)
    platform = query.text("platform") if call.version >= PLATFORM_SINCE else ""
    remove = query.flag("rm") if query.text("rm") else True
    return BuildRequest(
        chunks=call.body_pieces() if not query.text("remote") else iter(()),
        remote=query.text("remote"),
        dockerfile=query.text("dockerfile"),
        tags=_tags(query.texts("t")),
        arguments=_json(query.text("buildargs"), dict[str, str | None], "error reading build args") or {},
        labels=_json(query.text("labels"), dict[str, str], "error reading labels") or {},
        target=query.text("target"),
        no_cache=query.flag("nocache"),
        pull=query.flag("pull"),
        removes=remove,
        force_removes=query.flag("forcerm"),
        platform=parse_platform(platform) if platform else None,
        network=query.text("networkmode") or "default",
        cache_from=tuple(_json(query.text("cachefrom"), list[str], "error reading cache-from") or ()),
        host=_limits(call),
        credentials=registry_config(call.header("X-Registry-Config")),
    )


def _refuse(call: Call) -> None:
    """What Docker's classic builder refuses, too, and what needs a session."""
    query = call.query
    version = query.text("version")
    if version not in ("", "1"):
        raise InvalidParameter(f'invalid version "{version}"')
    if query.flag("squash"):
        raise InvalidParameter("squash is only supported with experimental mode")
    if query.texts("securityopt"):
        raise InvalidParameter("security options are not supported on linux")
    if query.text("isolation") not in ("", "default"):
        raise InvalidParameter(f'unsupported isolation: "{query.text("isolation")}"')
    if query.text("remote") == "client-session":
        raise InvalidParameter(
            "experimental session with v1 builder is no longer supported, use builder version v2 (BuildKit) instead"
        )
    if call.version >= OUTPUTS_SINCE and query.text("outputs"):
        outputs = _json(query.text("outputs"), list[dict[str, Any]], "invalid outputs specified")
        if outputs:
            raise InvalidParameter("the classic builder makes images only: outputs need BuildKit (version=2)")


def _limits(call: Call) -> HostConfig:
    query = call.query
    ulimits = _json(query.text("ulimits"), list[Ulimit], "error reading ulimit settings")
    return HostConfig(
        memory=_number(call, "memory"),
        memory_swap=_number(call, "memswap"),
        cpu_shares=_number(call, "cpushares"),
        cpu_period=_number(call, "cpuperiod"),
        cpu_quota=_number(call, "cpuquota"),
        cpuset_cpus=query.text("cpusetcpus"),
        cpuset_mems=query.text("cpusetmems"),
        cgroup_parent=query.text("cgroupparent"),
        shm_size=query.integer("shmsize") or 0,
        ulimits=tuple(ulimits) if ulimits else None,
        extra_hosts=_hosts(query.texts("extrahosts")),
    )


def _number(call: Call, name: str) -> int:
    """A number, 0 for what isn't one: so reads Docker the limits of builds."""
    try:
        return call.query.integer(name) or 0
    except InvalidParameter:
        return 0


def _hosts(values: tuple[str, ...]) -> tuple[str, ...] | None:
    return values or None


def _tags(values: tuple[str, ...]) -> tuple[Reference, ...]:
    found: dict[str, Reference] = {}
    for value in values:
        if not value:
            continue
        reference = parse_reference(value)
        if reference.digest:
            raise InvalidParameter("build tag cannot contain a digest")
        found[str(reference.with_default_tag())] = reference.with_default_tag()
    return tuple(found.values())


def _json(text: str, shape: Any, what: str) -> Any:
    if not text:
        return None
    try:
        return msgspec.json.decode(text, type=shape | None)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise InvalidParameter(f"{what}: {error}") from error


async def build_prune(call: Call) -> Answer:
    """Removes what the build cache holds and nothing uses."""
    query = call.query
    given = parse_filters(query.text("filters"))
    try:
        age_ns, filters = cache_filters(given, call.clock_ns())
    except InvalidParameter as error:
        raise InvalidParameter(f"failed to prune build cache: {error}") from None
    reserved = _bytes(call, "reserved-space") or _bytes(call, "keep-storage")
    request = PruneRequest(
        query.flag("all"),
        reserved,
        _bytes(call, "max-used-space"),
        _bytes(call, "min-free-space"),
        age_ns,
        filters,
    )
    pruned = await call.engine.builds.prune(request)
    return JsonAnswer({"CachesDeleted": list(pruned.ids) or None, "SpaceReclaimed": pruned.freed_bytes})


def _bytes(call: Call, name: str) -> int:
    try:
        return call.query.integer(name) or 0
    except InvalidParameter as error:
        text = call.query.text(name)
        raise InvalidParameter(f"{name} is in bytes and expects an integer, got {text}: {error}") from error
