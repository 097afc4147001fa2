"""`docker push`: find what the name means here, and send it under each tag.

An image that came from an index goes with the index, if all its platforms are here: then the tag keeps its digest, too.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from dockyard.errors import InvalidParameter, NotFound, SystemFailure
from dockyard.spec.image.descriptor import Platform
from dockyard.store.content import ContentStore
from dockyard.store.content.digest import digest_of
from dockyard.store.distribution.events import Pushed, Status, Tell
from dockyard.store.distribution.reference import Reference
from dockyard.store.distribution.registry.client import RegistryClient
from dockyard.store.distribution.registry.credentials import ANONYMOUS, Credentials
from dockyard.store.distribution.registry.failures import RegistryFailure
from dockyard.store.distribution.registry.fallback import from_hosts
from dockyard.store.distribution.registry.hosts import Host
from dockyard.store.distribution.registry.tokens import NO_CREDENTIALS, NoCredentials
from dockyard.store.images.platforms import of_platform
from dockyard.store.images.store import ImageStore, StoredImage
from dockyard.store.push.candidates import whole_index
from dockyard.store.push.image import ImagePush
from dockyard.store.push.tools import PushTools, UploadLimits
from dockyard.store.threads import RunInThread


@dataclass(frozen=True, slots=True)
class PushRequest:
    """What to push: one tag, or, without one, all tags of the repository that are here."""

    reference: Reference
    platform: Platform | None = None
    credentials: Credentials = ANONYMOUS


class Pusher:
    """Pushes images of `images`. `run` starts threads, `now` is the time of day."""

    def __init__(
        self,
        images: ImageStore,
        content: ContentStore,
        client: RegistryClient,
        limits: Callable[[], UploadLimits],
        *,
        run: RunInThread,
        now: Callable[[], datetime],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._images = images
        self._content = content
        self._client = client
        self._limits = limits
        self._run = run
        self._now = now
        self._sleep = sleep

    async def push(self, request: PushRequest, tell: Tell) -> None:
        """Pushes. Raises NotFound, InvalidParameter, SystemFailure, in Docker's words, after a first line."""
        reference = request.reference
        tell(Status(f"The push refers to repository [{reference.name}]"))
        if reference.digest:
            raise InvalidParameter("cannot push a digest reference")
        tags = self._tags(reference)
        try:
            host = await self._answering(reference)
            for tagged, image_id in tags:
                await self._tag(host, tagged, self._image(image_id, tagged, request.platform), request, tell)
        except NoCredentials as error:
            raise SystemFailure(NO_CREDENTIALS) from error
        except RegistryFailure as error:
            raise SystemFailure(str(error)) from error

    async def _tag(
        self, host: Host, reference: Reference, stored: StoredImage, request: PushRequest, tell: Tell
    ) -> None:
        tools = PushTools(self._images, self._content, self._client, self._limits(), self._run, self._now, self._sleep)
        push = ImagePush(tools, host, reference, request.credentials, tell)
        index = whole_index(self._images, stored) if request.platform is None else None
        if index is not None and await push.index(index):
            data = index.data
        else:
            _, data = await push.image(stored)
        digest = digest_of(data)
        tell(Status(f"{reference.tag}: digest: {digest} size: {len(data)}"))
        tell(Pushed(reference.tag, digest, len(data)))

    def _tags(self, reference: Reference) -> list[tuple[Reference, str]]:
        here = [(one, image_id) for one, image_id in self._images.references.of_name(reference) if not one.digest]
        if not here:
            raise NotFound(f"An image does not exist locally with the tag: {reference.familiar_name}")
        wanted = [(one, image_id) for one, image_id in here if reference.tag in ("", one.tag)]
        if not wanted:
            raise NotFound(f"tag does not exist: {reference.familiar}")
        return wanted

    def _image(self, image_id: str, reference: Reference, platform: Platform | None) -> StoredImage:
        """The image, or the one of another platform that came from the same index. Raises NotFound."""
        found = self._images.by_id(image_id)
        return found if platform is None else of_platform(self._images, str(reference), platform)

    async def _answering(self, reference: Reference) -> Host:
        """The registry's own host that answers: with TLS, or without where that is allowed."""

        async def ping(host: Host) -> Host:
            await self._client.ping(host)
            return host

        hosts = [one for one in await self._client.hosts(reference.domain) if one.own and "push" in one.verbs]
        if not hosts:
            raise SystemFailure(f"no endpoints found for {reference.familiar}")
        return await from_hosts(self._client, hosts, ping)
