"""Archives of images: load, save, import."""

from collections.abc import AsyncIterator
from contextlib import aclosing

from dockyard.engine.in_thread import iterate_in_thread
from dockyard.errors import DockyardError, InvalidParameter, NotImplementedYet
from dockyard.server.docker.call import Call
from dockyard.server.docker.endpoints.images.pull import image_pull
from dockyard.server.docker.http.answers import Answer, StreamAnswer
from dockyard.server.docker.platforms import check_oci_platforms, imported_platform
from dockyard.server.docker.wire import progress
from dockyard.store.archive.events import LayerProgress

TAR = "application/x-tar"


PLATFORM_SINCE = (1, 32)
OCI_PLATFORM_SINCE = (1, 48)
SEVERAL_PLATFORMS_SINCE = (1, 52)


def _check_platforms(call: Call) -> None:
    """The platforms of an archive: the one that images here have, if any are named."""
    platforms = call.query.texts("platform") if call.version >= OCI_PLATFORM_SINCE else ()
    if len(platforms) > 1 and call.version < SEVERAL_PLATFORMS_SINCE:
        raise InvalidParameter(
            "multiple platform parameters are not supported in this API version; use API version 1.52 or later"
        )
    check_oci_platforms(platforms)


async def image_load(call: Call) -> Answer:
    """`POST /images/load`: the images in the body, an archive of `docker save` or an OCI layout.

    Errors come within the stream, as from Docker, whose client reads them there.
    """
    _check_platforms(call)
    quiet = call.query.flag("quiet", default=True)

    async def lines() -> AsyncIterator[bytes]:
        try:
            async with aclosing(call.engine.images.load(call.body_pieces())) as steps:
                async for step in steps:
                    if not isinstance(step, LayerProgress):
                        yield progress.stream(f"{step.text}\n")
                    elif not quiet:
                        yield progress.progress(step.status, step.id, step.current, step.total)
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
    _check_platforms(call)
    return StreamAnswer(iterate_in_thread(call.engine.images.save(names)), TAR)


async def image_create(call: Call) -> Answer:
    """`POST /images/create`: an import (`fromSrc`) or a pull (`fromImage`)."""
    query = call.query
    if query.text("fromImage"):
        return await image_pull(call)
    platform = imported_platform(query.text("platform")) if call.version >= PLATFORM_SINCE else None
    source = query.text("fromSrc")
    if source != "-":
        raise NotImplementedYet("importing an image from a URL is not implemented by Dockyard yet")
    message = query.text("message") or f"Imported from {source}"
    image_id = await call.engine.images.import_(
        call.body_pieces(), query.text("repo"), query.text("tag"), message, query.texts("changes"), platform
    )

    async def lines() -> AsyncIterator[bytes]:
        yield progress.status(image_id)

    return StreamAnswer(lines())
