"""`POST /images/create?fromImage=`: a pull, told in lines as it goes."""

from collections.abc import AsyncIterator
from contextlib import aclosing

from dockyard.errors import InvalidParameter
from dockyard.server.docker.call import Call
from dockyard.server.docker.http.answers import Answer, StreamAnswer
from dockyard.server.docker.wire import progress
from dockyard.spec.image.platform import parse_platform
from dockyard.store.content.digest import is_digest
from dockyard.store.distribution.events import LayerProgress, LayerStatus, Pushed, Status, TransferEvent
from dockyard.store.distribution.reference import Reference, parse_reference
from dockyard.store.distribution.registry.credentials import credentials_from_header

REGISTRY_AUTH = "X-Registry-Auth"
TEXT_UNTIL = (1, 51)
"""Older clients may show the bar that the daemon drew; newer ones draw it themselves."""


async def image_pull(call: Call) -> Answer:
    """Pulls `fromImage`, with `tag` (which may be a digest) or with all its tags, for `platform`.

    Errors before the first line have their own status, later ones are the last line, as from Docker.
    """
    query = call.query
    reference = named(query.text("fromImage"), query.text("tag"))
    platform = parse_platform(query.text("platform")) if query.text("platform") else None
    credentials = credentials_from_header(call.header(REGISTRY_AUTH))
    referrers = query.flag("referrers") if query.text("referrers") else None  # not in Docker's API
    drawn = call.version <= TEXT_UNTIL

    async def lines() -> AsyncIterator[bytes]:
        pulled = call.engine.registries.pull(reference, platform, credentials, referrers=referrers)
        async with aclosing(pulled) as events:
            async for event in events:
                yield transfer_line(event, drawn=drawn)

    return StreamAnswer(lines(), epilogue=progress.failure)


def named(image: str, tag: str) -> Reference:
    """The reference that the parameters mean. Raises InvalidParameter."""
    # `docker pull -a` of old clients leaves the colon where the tag was
    reference = parse_reference(image.removesuffix(":"))
    if not tag:
        return reference
    if ":" in tag:
        if not is_digest(tag):
            raise InvalidParameter("invalid tag format")
        return Reference(reference.domain, reference.path, "", tag)
    if reference.digest:
        raise InvalidParameter("invalid tag format")
    return reference.with_tag(tag)


def transfer_line(event: TransferEvent, *, drawn: bool) -> bytes:
    """An event as its line; `drawn`: with the bar as text."""
    match event:
        case Status():
            return progress.status(event.text, event.id)
        case LayerProgress():
            return progress.progress(event.text, event.id, event.current, event.total, drawn=drawn)
        case Pushed():
            return progress.auxiliary({"Tag": event.tag, "Digest": event.digest, "Size": event.size})
        case LayerStatus():
            return progress.progress(event.text, event.id, 0, 0)
