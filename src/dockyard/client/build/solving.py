"""Solve and Status: asks for the build, and listens to how it goes until the daemon has told all."""

import asyncio
import contextlib
import json
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from grpclib.exceptions import GRPCError, StreamTerminatedError

from dockyard.client.build.attributes import attributes_of, entitlements_of, frontend_of
from dockyard.client.build.failure import failed
from dockyard.client.build.outputs import Export
from dockyard.client.build.progress import Progress, update_of
from dockyard.client.build.request import BuildRequest, Cache
from dockyard.client.build.session import new_id
from dockyard.errors import Unavailable
from dockyard.rpc.call import Caller
from dockyard.wire.buildkit.messages import control, frontend

_SOLVE = "/moby.buildkit.v1.Control/Solve"
_STATUS = "/moby.buildkit.v1.Control/Status"
_WORKERS = "/moby.buildkit.v1.Control/ListWorkers"
_LABEL = "org.mobyproject.buildkit.worker"
_BRIDGE = "/moby.buildkit.v1.frontend.LLBBridge/"
_BUILD_ID = "buildkit-controlapi-buildid"
_ENDED = (GRPCError, StreamTerminatedError, ConnectionError)
"""How listening ends when the call does: how that went is told by its answer."""
_LAST_WORDS_SECONDS, _FIRST_WORD_SECONDS = 5, 1
"""How long the daemon may be silent about a build that is done, and about one of which it has said nothing at all."""


def solve_request(
    request: BuildRequest,
    exports: Sequence[Export],
    inputs: Mapping[str, str],
    session_id: str,
    *,
    cache_from: Sequence[Cache] = (),
    gateway_ip: str = "",
) -> Any:
    """`request` as a `moby.buildkit.v1.SolveRequest`; `inputs` are the frontend's attributes of contexts.

    cache_from: what of the request's caches is there. gateway_ip: the host's address in RUN's networks.
    """
    name, of_frontend = frontend_of(request)
    attributes = attributes_of(request, gateway_ip)
    if cache_from:
        entries = [{"Type": one.type, "Attrs": dict(one.attributes)} for one in cache_from]
        attributes["cache-imports"] = json.dumps(entries)
    caps = [found["frontend.caps"] for found in (inputs, attributes) if "frontend.caps" in found]
    attributes |= {**inputs, **of_frontend}
    if caps:
        attributes["frontend.caps"] = ",".join(caps)
    message = control.SolveRequest(
        Ref=new_id(),
        Session=session_id,
        Frontend=name,
        FrontendAttrs=attributes,
        Entitlements=entitlements_of(request),
        Exporters=[control.Exporter(Type=one.type, Attrs=one.attributes) for one in exports],
        Cache=_caches(request, cache_from),
        Internal=bool(request.call),
    )
    if exports:  # daemons of before there could be several
        message.ExporterDeprecated = exports[0].type
        message.ExporterAttrsDeprecated.update(exports[0].attributes)
    return message


def _caches(request: BuildRequest, cache_from: Sequence[Cache]) -> Any:
    imports = [control.CacheOptionsEntry(Type=one.type, Attrs=one.attributes) for one in cache_from]
    exports = [control.CacheOptionsEntry(Type=one.type, Attrs=one.attributes) for one in request.cache_to]
    if request.build_args.get("BUILDKIT_INLINE_CACHE", "").lower() in ("1", "t", "true"):
        exports.append(control.CacheOptionsEntry(Type="inline"))
    return control.CacheOptions(Imports=imports, Exports=exports)


@dataclass(frozen=True, slots=True)
class Daemon:
    """What the daemon's builder says of itself. gateway_ip: what `host-gateway` means, empty when it doesn't say.

    keeps_indexes: whether its images may be indexes: with statements about the build, of several platforms; such a
    daemon also pushes by itself. Docker's does with the containerd image store.
    """

    gateway_ip: str = ""
    keeps_indexes: bool = False


async def daemon_of(caller: Caller) -> Daemon:
    """Asks. Raises BuildFailed, Unavailable."""
    workers = await _called(caller, _WORKERS, control.ListWorkersRequest())
    labels = {name: text for worker in workers.record for name, text in worker.Labels.items()}
    return Daemon(labels.get(f"{_LABEL}.moby.host-gateway-ip", ""), f"{_LABEL}.snapshotter" in labels)


async def solve(caller: Caller, message: Any, progress: Progress | None) -> dict[str, str]:
    """Has it built; returns what the exporters answer (`containerimage.digest`, …).

    Raises BuildFailed with the daemon's message and the lines that it blames, Unavailable when the daemon goes, and
    what `progress` raises.
    """
    response = await _while_listening(caller, message.Ref, progress, _called(caller, _SOLVE, message))
    return dict(response.ExporterResponse)


async def call_frontend(caller: Caller, message: Any, progress: Progress | None) -> dict[str, bytes]:
    """Has the frontend answer a question (its attribute `requestid`) instead of building; returns the answer's parts.

    A build without a frontend is begun, whose frontend we are: we pass the question on and give nothing back.
    """
    question = frontend.SolveRequest(
        Frontend=message.Frontend, FrontendOpt=dict(message.FrontendAttrs), allowResultReturn=True
    )
    message.Frontend = ""
    headers = {_BUILD_ID: message.Ref}

    async def ask() -> Any:
        outer = asyncio.create_task(_called(caller, _SOLVE, message))
        try:
            answer = await _called(caller, f"{_BRIDGE}Solve", question, headers)
            await _called(caller, f"{_BRIDGE}Return", frontend.ReturnRequest(result=frontend.Result()), headers)
            await outer
            return answer
        finally:
            outer.cancel()
            await asyncio.gather(outer, return_exceptions=True)

    answer = await _while_listening(caller, message.Ref, progress, ask())
    return dict(answer.result.metadata)


async def _called(caller: Caller, path: str, message: Any, headers: Mapping[str, str] | None = None) -> Any:
    try:
        response = await caller.unary(path, message, headers or {})
    except GRPCError as error:
        raise failed(error.message or error.status.name, error.details) from error
    except (StreamTerminatedError, ConnectionError) as error:
        raise Unavailable("the daemon has ended the conversation in the middle of the build") from error
    if response is None:
        raise Unavailable("the daemon has given no answer")
    return response


async def _while_listening(caller: Caller, ref: str, progress: Progress | None, call: Coroutine[Any, Any, Any]) -> Any:
    """What `call` returns; meanwhile `progress` is told what the daemon tells of the build `ref`, also what comes late.

    What `progress` raises ends the call.
    """
    heard, told = asyncio.Event(), False

    async def listen() -> None:
        async with contextlib.aclosing(caller.streaming(_STATUS, control.StatusRequest(Ref=ref))) as responses:
            async for response in responses:
                heard.set()
                if progress:
                    progress(update_of(response))

    calling, listening = asyncio.ensure_future(call), asyncio.ensure_future(listen())
    try:
        await asyncio.wait([calling, listening], return_when=asyncio.FIRST_COMPLETED)
        if listening.done() and not isinstance(listening.exception(), (*_ENDED, type(None))):
            await listening
        await asyncio.wait([calling])
        while not listening.done():
            told = told or heard.is_set()
            heard.clear()
            news = asyncio.ensure_future(heard.wait())
            seconds = _LAST_WORDS_SECONDS if told else _FIRST_WORD_SECONDS
            await asyncio.wait([listening, news], timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            news.cancel()
            if not heard.is_set():
                break
        return await calling
    finally:
        calling.cancel()
        listening.cancel()
        await asyncio.gather(calling, listening, return_exceptions=True)
