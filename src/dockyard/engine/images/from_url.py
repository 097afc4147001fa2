"""Archives to import that lie somewhere else: fetched into a file first, so that a slow host holds nothing else up.

Docker unpacks them while they come, and imports half an archive as an image when the host breaks off at a good place.
"""

import asyncio
from collections.abc import AsyncGenerator
from urllib.parse import urlsplit

from dockyard.builder.context.download import download
from dockyard.store.distribution.registry.proxies import Proxies


def source_url(text: str) -> str:
    """The URL that a user means: a host and path alone are fetched by HTTP."""
    return text if urlsplit(text).scheme and "://" in text else f"http://{text}"


async def fetch(url: str, path: str, proxies: Proxies) -> AsyncGenerator[tuple[int, int]]:
    """Fetch `url` into the new file `path`; yields the bytes that have come, and those announced (0: unknown).

    Raises what `download` raises; before the first yield, when nothing has come.
    """
    moved: asyncio.Queue[tuple[int, int] | None] = asyncio.Queue()
    task = asyncio.ensure_future(
        download(url, path, proxies=proxies, told=lambda current, total: moved.put_nowait((current, total)))
    )
    task.add_done_callback(lambda _: moved.put_nowait(None))
    try:
        while (step := await moved.get()) is not None:
            yield step
        await task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
