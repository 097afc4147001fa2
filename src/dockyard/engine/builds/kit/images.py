"""Base images of a build, and named contexts in their place; their lines in progress."""

from collections.abc import Awaitable, Callable, Mapping
from hashlib import sha256

from dockyard.builder.frontend.contexts import SCRATCH, NamedContext
from dockyard.builder.frontend.lines import Line, image_name
from dockyard.builder.plan import BaseImage
from dockyard.engine.builds.bases import EngineImages
from dockyard.engine.builds.kit.events import words
from dockyard.engine.builds.kit.progress import Progress
from dockyard.errors import DockyardError
from dockyard.spec.image.config import Image
from dockyard.spec.image.descriptor import Platform
from dockyard.store.distribution.events import LayerProgress, LayerStatus

FilesAsBase = Callable[[NamedContext, Platform | None], Awaitable[BaseImage]]
"""What a context that has files alone comes to as a base image."""


class KitImages:
    """See BaseImages. `contexts`: by name. `make`: an EngineImages that tells its transfers to what it is given."""

    def __init__(
        self,
        contexts: Mapping[str, NamedContext],
        progress: Progress,
        job_id: str,
        make: Callable[[Callable[[object], None]], EngineImages],
        files_as_base: FilesAsBase,
    ) -> None:
        self._contexts = contexts
        self._progress = progress
        self._job_id = job_id
        self._make = make
        self._files_as_base = files_as_base

    async def find(self, reference: str, platform: Platform | None) -> BaseImage:
        """See BaseImages."""
        context = self._contexts.get(reference)
        if context is None:
            return await self._image(reference, platform, f"[internal] load metadata for {image_name(reference)}")
        if context.kind == "image" and context.value == SCRATCH:
            return BaseImage(None, Image(), None)
        if context.kind == "image":
            name = f"[context {context.name}] load metadata for {image_name(context.value)}"
            return await self._image(context.value, platform, name)
        return await self._files_as_base(context, platform)

    async def _image(self, reference: str, platform: Platform | None, title: str) -> BaseImage:
        digest = "sha256:" + sha256(f"{self._job_id} {title} {platform}".encode()).hexdigest()
        self._progress.announce([Line(digest, title)])
        self._progress.start(digest)

        def told(event: object) -> None:
            match event:
                case LayerProgress(layer, text, current, total):
                    self._progress.status(digest, f"{text.lower()} {layer}", current, total, done=current >= total > 0)
                case LayerStatus(layer, text):
                    self._progress.status(digest, f"{text.lower()} {layer}", done=True)

        try:
            found = await self._make(told).find(reference, platform)
        except DockyardError as error:
            failure = type(error)(
                f"{reference}: failed to resolve source metadata for {image_name(reference)}: {error}"
            )
            self._progress.complete(digest, error=str(failure))
            raise failure from error
        except BaseException as error:
            self._progress.complete(digest, error=words(error))
            raise
        self._progress.complete(digest)
        return found
