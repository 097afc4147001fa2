"""The contract of exporters: what a build came to, goes somewhere.

Vocabulary: a *ref* is what the build came to for one platform; a *result* is all of them. An *exporter* was made from
a type and attributes (`--output type=…,key=value`), and refused those before the build began. A *receiver* is the
client's end of a session: it takes files and trees, and has content stores of its own. Lifecycle:

    exporter = exporter_of("oci", {"name": "x"}, number, tools)      # InvalidParameter for bad attributes
    …the build is solved, all its layers are leased…
    answer = await exporter.export(result, report)                   # {"containerimage.digest": …}

`answer` is what BuildKit's Control.Solve returns as ExporterResponse. An export that fails leaves no name behind;
repeated, it gives the same digests.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from dockyard.builder.files import Files
from dockyard.spec.image.descriptor import Descriptor, Platform

if TYPE_CHECKING:
    from dockyard.store.push.parcel import Parcel


@dataclass(frozen=True, slots=True)
class Attestation:
    """A statement about a ref: in-toto's predicate (JSON text) and its type.

    `name` is its file's name where files are exported; `inline_only`: it goes into images alone, because nobody asked
    for it.
    """

    predicate_type: str
    predicate: bytes
    name: str
    inline_only: bool = False


@dataclass(frozen=True, slots=True)
class Ref:
    """What the build came to for one platform.

    `config`: the image's configuration as the frontend made it: JSON, in which the layers may still be missing, and in
    the history times; empty when no image was meant. `base_config`: that of the image below, if any. `id` is the
    platform's text, `linux/arm64`.
    """

    id: str
    platform: Platform
    chain_id: str | None
    config: bytes = b""
    base_config: bytes = b""
    attestations: tuple[Attestation, ...] = ()


InlineCache = Callable[[Ref, Sequence[Descriptor]], bytes | None]
"""What to put into the configuration for later builds (`--cache-to type=inline`), of a ref whose layers are these."""


@dataclass(frozen=True, slots=True)
class BuildResult:
    """All refs. `multi`: an index is wanted also when there is only one. `epoch_seconds`: SOURCE_DATE_EPOCH.

    `metadata`: what else the frontend said, such as annotations.
    """

    refs: tuple[Ref, ...]
    multi: bool = False
    epoch_seconds: int | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    inline_cache: InlineCache | None = None


Moved = Callable[[int, int], None]
"""Told how many bytes of how many (0: unknown) have been moved."""


class Report(Protocol):
    """Takes what the client's progress shows below the exporter's name."""

    def step(self, name: str) -> AbstractContextManager[Moved]:
        """A line, from here to the end of the block: `exporting layers`."""

    def warn(self, text: str) -> None:
        """A line of text."""


class FileWriter(Protocol):
    """One file on its way to the client."""

    async def write(self, data: bytes) -> None:
        """Append; waits until the client takes more. Raises SystemFailure when it doesn't want it any more."""


class ClientContent(Protocol):
    """A content store that the client has (`local` caches, `oci` with tar=false): blobs by digest."""

    async def size(self, digest: str) -> int | None:
        """The blob's size in bytes, None when it isn't there."""

    def read(self, digest: str, start: int = 0) -> AsyncIterator[bytes]:
        """The blob's bytes from `start` on. NotFound."""

    async def write(self, digest: str, size: int, pieces: AsyncIterator[bytes]) -> None:
        """Put a blob; nothing happens when it is there. InvalidParameter when bytes and digest disagree."""


class Receiver(Protocol):
    """The client's end of a session. All raise SystemFailure when the client has gone or doesn't serve this."""

    def file(self, number: int, metadata: Mapping[str, str]) -> AbstractAsyncContextManager[FileWriter | None]:
        """A file for exporter `number` (FileSend's DiffCopy of bytes); None when the client has it already.

        Left without an error, all has arrived; with one, the client is told that it is broken.
        """

    async def tree(self, number: int, files: Files, moved: Moved) -> None:
        """A tree of files for exporter `number` (FileSend's DiffCopy of packets), put over what is there."""

    def content(self, name: str) -> ClientContent:
        """The client's store `name`: `export`, `local:<directory>`."""


class Push(Protocol):
    """Sends an image to a registry with the client's credentials."""

    async def __call__(self, name: str, parcel: "Parcel", *, by_digest: bool, insecure: bool, report: Report) -> None:
        """Under the tag of `name`, or without one for `by_digest`; `insecure`: also without TLS. SystemFailure."""


class Exporter(Protocol):
    """Brings a result somewhere."""

    @property
    def name(self) -> str:
        """As progress shows it: `exporting to image`."""

    async def export(self, result: BuildResult, report: Report) -> dict[str, str]:
        """Do it. Hold a lease on the result's layers. Raises InvalidParameter for what can't be exported in this way,
        SystemFailure; the answer's keys are BuildKit's."""
