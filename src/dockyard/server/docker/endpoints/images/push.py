"""`POST /images/{name}/push`: told in lines as it goes, errors too."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import msgspec

from dockyard.errors import DockyardError, InvalidParameter
from dockyard.server.docker.call import Call
from dockyard.server.docker.endpoints.images.pull import REGISTRY_AUTH, TEXT_UNTIL, transfer_line
from dockyard.server.docker.http.answers import Answer, StreamAnswer
from dockyard.server.docker.wire import progress
from dockyard.spec.image.descriptor import Platform
from dockyard.spec.image.platform import normalized
from dockyard.store.distribution.reference import parse_reference
from dockyard.store.distribution.registry.credentials import credentials_from_header

PLATFORM_SINCE = (1, 46)


async def image_push(call: Call) -> Answer:
    """Pushes a tag of a repository, or all that are here; `platform` (JSON) chooses among several of one tag."""
    reference = parse_reference(call.name)
    if call.query.text("tag"):
        reference = reference.with_tag(call.query.text("tag"))
    platform = parse_oci_platform(call.query.text("platform")) if call.version >= PLATFORM_SINCE else None
    credentials = credentials_from_header(call.header(REGISTRY_AUTH))
    drawn = call.version <= TEXT_UNTIL

    async def lines() -> AsyncIterator[bytes]:
        try:
            async with aclosing(call.engine.registries.push(reference, platform, credentials)) as events:
                async for event in events:
                    yield transfer_line(event, drawn=drawn)
        except DockyardError as error:
            yield progress.failure(error)

    return StreamAnswer(lines(), epilogue=progress.failure)


def parse_oci_platform(text: str) -> Platform | None:
    """A platform as JSON (`{"os": "linux", "architecture": "arm64"}`); None for an empty text."""
    if not text:
        return None
    try:
        fields: dict[str, Any] = msgspec.json.decode(text, type=dict[str, Any])
    except msgspec.MsgspecError as error:
        raise InvalidParameter(f"failed to parse platform: {error}") from error
    names = ("architecture", "os", "variant", "os.version")
    values = [fields.get(name) or "" for name in names]
    if not all(isinstance(value, str) for value in values) or not values[0] or not values[1]:
        raise InvalidParameter("failed to parse platform: both OS and Architecture must be provided")
    return normalized(Platform(*values))
