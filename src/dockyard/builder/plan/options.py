"""What a build is asked for beside its Dockerfile, and what it asks for base images."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from dockyard.builder.graph import Sandbox
from dockyard.errors import InvalidParameter
from dockyard.spec.image.config import Image
from dockyard.spec.image.descriptor import Platform
from dockyard.store.distribution.reference import parse_reference


@dataclass(frozen=True, slots=True)
class BaseImage:
    """An image that is here now. `id` and `chain_id` are None for `scratch`, and `id` for what has no configuration."""

    id: str | None
    image: Image
    chain_id: str | None


class BaseImages(Protocol):
    """Finds the images that a Dockerfile names, pulling them where they aren't here."""

    async def find(self, reference: str, platform: Platform | None) -> BaseImage:
        """The image. NotFound, InvalidParameter, or what a registry said."""


@dataclass(frozen=True, slots=True)
class BuildOptions:
    """`arguments`: `--build-arg`, None for a name without a value. `contexts`: named contexts (`--build-context`), each
    `files` or `image`. `no_cache_stages`: stages in which nothing comes from the cache.

    `style`: whose history, texts and habits: `classic` or `buildkit`. `epoch_seconds`: SOURCE_DATE_EPOCH, if given.
    """

    arguments: Mapping[str, str | None] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    target: str = ""
    no_cache: bool = False
    no_cache_stages: tuple[str, ...] = ()
    network: str = "default"
    platform: Platform | None = None
    build_platform: Platform = field(default_factory=lambda: Platform("amd64", "linux"))
    contexts: Mapping[str, str] = field(default_factory=dict)
    style: str = "classic"
    cache_namespace: str = ""
    sandbox: Sandbox = field(default_factory=Sandbox)
    ignored: tuple[str, ...] = ()
    """What the context's .dockerignore leaves out, for warnings: patterns as they stand there."""

    @property
    def is_classic(self) -> bool:
        """Whether Docker's classic builder is meant, in what it says and in what it makes."""
        return self.style == "classic"

    def context_of(self, name: str) -> str | None:
        """The named context that stands for the image `name`, as `contexts` calls it; None when there is none."""
        if not self.contexts:
            return None
        if name in self.contexts:
            return name
        try:
            familiar = parse_reference(name).with_default_tag().familiar.removesuffix(":latest")
        except InvalidParameter:
            return None
        return familiar if familiar in self.contexts else None

    @property
    def target_platform(self) -> Platform:
        """What the image is for."""
        return self.platform or self.build_platform

    @property
    def epoch_seconds(self) -> int | None:
        """SOURCE_DATE_EPOCH among the build arguments."""
        return epoch_of(self.arguments)


def epoch_of(arguments: Mapping[str, str | None]) -> int | None:
    """SOURCE_DATE_EPOCH among build arguments, in seconds. https://reproducible-builds.org/specs/source-date-epoch/"""
    value = arguments.get("SOURCE_DATE_EPOCH")
    return int(value) if value and value.isascii() and value.isdigit() and len(value) < 12 else None
