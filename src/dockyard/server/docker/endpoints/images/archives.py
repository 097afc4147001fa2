"""Archives of images: load, save, import."""

import tempfile
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import aclosing

from dockyard.engine.images.from_url import fetch, source_url
from dockyard.engine.in_thread import iterate_in_thread
from dockyard.engine.registries.configuration import proxies
from dockyard.errors import DockyardError, InvalidParameter, NotFound
from dockyard.server.docker.call import Call
from dockyard.server.docker.endpoints.images.pull import image_pull
from dockyard.server.docker.http.answers import Answer, StreamAnswer
from dockyard.server.docker.platforms import imported_platform, oci_platforms
from dockyard.server.docker.wire import progress
from dockyard.spec.image.descriptor import Platform
from dockyard.store.archive.events import LayerProgress

TAR = "application/x-tar"


PLATFORM_SINCE = (1, 32)
OCI_PLATFORM_SINCE = (1, 48)
SEVERAL_PLATFORMS_SINCE = (1, 52)


def _platforms(call: Call) -> tuple[Platform, ...]:
    """The platforms that an archive is to be read or written for; none for all."""
    platforms = call.query.texts("platform") if call.version >= OCI_PLATFORM_SINCE else ()
    if len(platforms) > 1 and call.version < SEVERAL_PLATFORMS_SINCE:
        raise InvalidParameter(
            "multiple platform parameters are not supported in this API version; use API version 1.52 or later"
        )
    return oci_platforms(platforms)


async def image_load(call: Call) -> Answer:
    """`POST /images/load`: the images in the body, an archive of `docker save` or an OCI layout.

    Errors come within the stream, as from Docker, whose client reads them there; but that a platform isn't there is
    known before.
    """
    platforms = _platforms(call)
    quiet = call.query.flag("quiet", default=True)

    async def lines() -> AsyncIterator[bytes]:
        try:
            async with aclosing(call.engine.images.load(call.body_pieces(), platforms)) as steps:
                async for step in steps:
                    if not isinstance(step, LayerProgress):
                        yield progress.stream(f"{step.text}\n")
                    elif not quiet:
                        yield progress.progress(step.status, step.id, step.current, step.total)
        except NotFound:
            raise
        except DockyardError as error:
            yield progress.failure(error)

    return StreamAnswer(lines(), epilogue=progress.failure)


async def image_get(call: Call) -> Answer:
    """`GET /images/{name}/get`: one name or id as an archive."""
    return _save(call, (call.name,))


async def image_get_all(call: Call) -> Answer:
    """`GET /images/get`: several names or ids in one archive."""
    names = call.query.texts("names")
    if not names:
        raise InvalidParameter("at least one image name is required")
    return _save(call, names)


def _save(call: Call, names: tuple[str, ...]) -> Answer:
    return StreamAnswer(iterate_in_thread(call.engine.images.save(names, _platforms(call))), TAR)


async def image_create(call: Call) -> Answer:
    """`POST /images/create`: an import (`fromSrc`: `-` for the body, or a URL) or a pull (`fromImage`)."""
    if call.query.text("fromImage"):
        return await image_pull(call)
    source = call.query.text("fromSrc")
    if source != "-":
        return StreamAnswer(_import_from(call, source_url(source)), epilogue=progress.failure)
    image_id = await _import(call, call.body_pieces(), source)

    async def lines() -> AsyncIterator[bytes]:
        yield progress.status(image_id)

    return StreamAnswer(lines())


async def _import(call: Call, chunks: Iterable[bytes], source: str) -> str:
    query = call.query
    platform = imported_platform(query.text("platform")) if call.version >= PLATFORM_SINCE else None
    message = query.text("message") or f"Imported from {source}"
    return await call.engine.images.import_(
        chunks, query.text("repo"), query.text("tag"), message, query.texts("changes"), platform
    )


async def _import_from(call: Call, url: str) -> AsyncIterator[bytes]:
    """What can't be had at all is an error with its own status: nothing is told before the first bytes have come."""
    services = call.engine.services
    with tempfile.TemporaryDirectory(prefix="import-", dir=f"{services.paths.data_root}/tmp") as folder:
        path = f"{folder}/archive"
        began = False
        async with aclosing(fetch(url, path, proxies(services.daemon))) as steps:
            async for current, total in steps:
                if not began:
                    began = True
                    yield progress.status(f"Downloading from {url}")
                yield progress.progress("Importing", "", current, total, drawn=True)
        yield progress.status(await _import(call, _pieces(path), url))


def _pieces(path: str) -> Iterator[bytes]:
    with open(path, "rb") as file:
        yield from iter(lambda: file.read(1 << 18), b"")
