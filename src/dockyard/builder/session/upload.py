"""An upload: bytes that the client offers under a name of the host `buildkit-session` (`docker build - < archive`)."""

from collections.abc import AsyncGenerator
from urllib.parse import urlsplit

from dockyard.builder.session.session import Session, asked
from dockyard.errors import InvalidParameter

PULL = "/moby.upload.v1.Upload/Pull"
HOST = "buildkit-session"


def is_upload(url: str) -> bool:
    """Whether `url` names something that the client offers."""
    parts = urlsplit(url)
    return parts.scheme in ("http", "https") and parts.netloc == HOST


async def upload(session: Session, url: str) -> AsyncGenerator[bytes, None]:
    """The bytes of `url`. Raises InvalidParameter when the client offers nothing, SystemFailure when it is gone."""
    if not session.serves(PULL):
        raise InvalidParameter(f"{url}: the client offers no uploads")
    parts = urlsplit(url)
    with asked(f"receiving {url}"):
        async with session.caller.open(PULL, {"urlpath": parts.path, "urlhost": parts.netloc}) as stream:
            await stream.send_request(end=True)  # else the client resets it at its end, and what it sent is lost
            async for message in stream:
                yield message.data
