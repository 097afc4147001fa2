"""One repository at one host: manifests, blobs, tags. Reading; writing is in uploads.py.

oci distribution-spec v1.1, "Pull" and "Content Discovery"
"""

import hashlib
import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

import aiohttp

from dockyard.errors import InvalidParameter
from dockyard.spec.image.descriptor import DOCKER_INDEX, DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST, Descriptor
from dockyard.store.content.digest import is_digest
from dockyard.store.distribution.reference import Reference
from dockyard.store.distribution.registry.client import RegistryClient, Request
from dockyard.store.distribution.registry.credentials import Credentials
from dockyard.store.distribution.registry.failures import Refusal, Untrustworthy
from dockyard.store.distribution.registry.hosts import Host
from dockyard.store.distribution.registry.unreachable import cut_off

SCHEMA_1 = (
    "application/vnd.docker.distribution.manifest.v1+prettyjws",
    "application/vnd.docker.distribution.manifest.v1+json",
)
MANIFEST_BYTES = 4 << 20
"""oci distribution-spec v1.1, "Push Manifests": clients should cap manifests at 4 MiB."""
TAGS_BYTES = 16 << 20
_ACCEPT = ", ".join((OCI_INDEX, DOCKER_INDEX, OCI_MANIFEST, DOCKER_MANIFEST, *SCHEMA_1, "application/json;q=0.1"))
_PAGES = 10_000


@dataclass(frozen=True, slots=True)
class FetchedManifest:
    """A manifest's or an index's bytes, which are those of `descriptor.digest`."""

    descriptor: Descriptor
    data: bytes

    def document(self) -> Any:
        """What it says. Raises Untrustworthy when it isn't JSON."""
        try:
            return json.loads(self.data)
        except (ValueError, RecursionError) as error:
            raise Untrustworthy(f"manifest {self.descriptor.digest}: invalid JSON: {error}") from None


@dataclass(frozen=True, slots=True)
class BlobBody:
    """A blob, or its rest from the byte `start` on; `size` is the whole blob's, None when the registry doesn't say."""

    start: int
    size: int | None
    pieces: AsyncIterator[bytes]


class Repository:
    """The repository of `reference` at `host`. `more_scopes`: what else our token should be good for."""

    def __init__(
        self,
        client: RegistryClient,
        host: Host,
        reference: Reference,
        credentials: Credentials,
        *,
        actions: str = "pull",
        more_scopes: Iterable[str] = (),
    ) -> None:
        self.client = client
        self.host = host
        self.path = reference.path
        self.credentials = credentials
        self.scopes = (f"repository:{reference.path}:{actions}", *more_scopes)

    def request(self, method: str, path: str, *, headers: dict[str, str] | None = None, tries: int = 3) -> Request:
        """A request for `path` below the repository's name."""
        query = f"?{urlencode({'ns': self.host.namespace})}" if self.host.namespace else ""
        url = f"{self.host.base}/{self.path}/{path}{query}"
        return Request(method, url, self.host, self.scopes, self.credentials, headers or {}, tries=tries)

    async def resolve(self, tag_or_digest: str) -> Descriptor | None:
        """What the name means now, without fetching it; None when the registry can't tell in that way."""
        try:
            answer = await self.client.exchange(
                self.request("HEAD", f"manifests/{tag_or_digest}", headers={"Accept": _ACCEPT})
            )
        except Refusal:
            return None  # an answer to HEAD has no body that could say why: GET tells it properly
        answer.release()
        digest, size = answer.headers.get("Docker-Content-Digest", ""), answer.headers.get("Content-Length", "")
        if not is_digest(digest) or not size.isdigit():
            return None
        return Descriptor(_media_type(answer), digest, int(size))

    async def manifest(self, tag_or_digest: str) -> FetchedManifest:
        """The manifest or index. Raises Refusal; Untrustworthy when it isn't what its digest says."""
        request = self.request("GET", f"manifests/{tag_or_digest}", headers={"Accept": _ACCEPT})
        answer, data = await self.client.read(request, MANIFEST_BYTES)
        algorithm = tag_or_digest.partition(":")[0] if ":" in tag_or_digest else "sha256"
        try:
            digest = f"{algorithm}:{hashlib.new(algorithm, data).hexdigest()}"
        except ValueError:
            raise InvalidParameter("unsupported digest algorithm") from None
        claimed = tag_or_digest if ":" in tag_or_digest else answer.headers.get("Docker-Content-Digest", "")
        if (claimed.startswith("sha256:") or ":" in tag_or_digest) and claimed != digest:
            raise Untrustworthy(f"manifest verification failed for digest {claimed}")
        own = f"sha256:{hashlib.sha256(data).hexdigest()}"
        return FetchedManifest(Descriptor(_media_type(answer, data), own, len(data)), data)

    async def small_blob(self, digest: str, limit_bytes: int) -> bytes:
        """A blob of at most `limit_bytes`. Raises Untrustworthy when it is longer."""
        try:
            _, data = await self.client.read(self.request("GET", f"blobs/{digest}"), limit_bytes)
        except Refusal as error:
            raise (Refusal("unknown blob", 404, error.code) if error.status == 404 else error) from None
        return data

    @asynccontextmanager
    async def blob(self, digest: str, start: int = 0, *, tries: int = 1) -> AsyncIterator[BlobBody]:
        """The blob's bytes from `start` on, or from its beginning when the registry can't do better."""
        headers = {"Range": f"bytes={start}-"} if start else {}
        try:
            answer = await self.client.exchange(self.request("GET", f"blobs/{digest}", headers=headers, tries=tries))
        except Refusal as error:
            raise (Refusal("unknown blob", 404, error.code) if error.status == 404 else error) from None
        async with closing_body(answer, start) as body:
            yield body

    async def tags(self) -> list[str]:
        """All tags, in the registry's order. Raises Refusal."""
        found: dict[str, None] = {}
        request: Request | None = self.request("GET", "tags/list")
        for _ in range(_PAGES):
            if request is None:
                break
            answer, data = await self.client.read(request, TAGS_BYTES)
            try:
                document = json.loads(data)
            except (ValueError, RecursionError) as error:
                raise Untrustworthy(f"tags of {self.path}: invalid JSON: {error}") from None
            page = document.get("tags") if isinstance(document, dict) else None
            before = len(found)
            found.update((tag, None) for tag in page or () if isinstance(tag, str))
            following = next_page(str(answer.url), answer.headers.get("Link", ""))
            # A page that brings nothing new would be followed by others like it for ever.
            request = self.follow(request, following) if following and len(found) > before else None
        return list(found)

    def follow(self, request: Request, url: str) -> Request | None:
        """The request for the next page; None when it lies on another host, which gets none of our credentials."""
        same = urlsplit(url)[:2] == urlsplit(request.url)[:2]
        return Request("GET", url, self.host, self.scopes, self.credentials) if same else None


@asynccontextmanager
async def closing_body(answer: aiohttp.ClientResponse, start: int) -> AsyncIterator[BlobBody]:
    """A blob's answer as its body; the connection is closed unless all of it was read."""
    try:
        length = answer.headers.get("Content-Length", "")
        size = int(length) if length.isdigit() else None
        if answer.status == 206:
            begins, size = _content_range(answer.headers.get("Content-Range", ""), start)
        else:
            begins = 0
        yield BlobBody(begins, size, _pieces(answer))
    finally:
        if answer.content.at_eof():
            answer.release()
        else:
            answer.close()


async def _pieces(answer: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    try:
        while piece := await answer.content.readany():
            yield piece
    except (aiohttp.ClientError, OSError) as error:
        raise cut_off(error) from error


def _content_range(text: str, start: int) -> tuple[int, int | None]:
    unit, _, rest = text.partition(" ")
    span, _, total = rest.partition("/")
    first = span.partition("-")[0]
    if unit != "bytes" or not first.isdigit() or int(first) != start:
        raise Untrustworthy(f"unexpected Content-Range {text[:100]!r} for bytes from {start}")
    return start, int(total) if total.isdigit() else None


def _media_type(answer: aiohttp.ClientResponse, data: bytes = b"") -> str:
    given = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if data and given in ("", "application/json", "application/octet-stream", "text/plain"):
        try:
            document = json.loads(data)
        except (ValueError, RecursionError):
            return given
        fields = document if isinstance(document, dict) else {}
        if isinstance(fields.get("mediaType"), str):
            return str(fields["mediaType"])
        if fields.get("schemaVersion") == 1:
            return SCHEMA_1[0]
        return OCI_INDEX if "manifests" in fields else OCI_MANIFEST if "layers" in fields else given
    return given


def next_page(url: str, link: str) -> str:
    """The URL of the page after `url` that a Link header names (RFC 8288); empty without one."""
    target, _, parameters = link.partition(">")
    if not target.startswith("<") or 'rel="next"' not in parameters.replace("rel=next", 'rel="next"'):
        return ""
    return urljoin(url, target[1:])
