"""Pushes to a registry that refuses, breaks off and forgets: what it has in the end is right, or the push failed."""

import hashlib
import os
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from tests.support.faulty_registry import Answer, Asked, FaultyRegistry, faulty_registry, refusal
from tests.support.packs import image_pack, index_pack, layer
from tests.support.pulling import Pulling, in_thread

from dockyard.errors import DockyardError, NotFound, SystemFailure
from dockyard.store.distribution.events import LayerStatus, Pushed, TransferEvent
from dockyard.store.distribution.reference import parse_reference
from dockyard.store.push.push import Pusher, PushRequest
from dockyard.store.push.tools import UploadLimits

Make = Callable[..., Awaitable[Pulling]]
BIG = layer({"big": os.urandom(5 << 20)})
PACK = image_pack([BIG, layer({"small": b"s"})])


@dataclass
class Receiver:
    """The writing half of a registry: sessions, blobs, manifests. `cuts`: after how many bytes a PATCH breaks off."""

    registry: FaultyRegistry
    cuts: list[int] = field(default_factory=list)
    forget: bool = False
    largest: int = 1 << 40
    blobs: dict[str, bytes] = field(default_factory=dict)
    manifests: dict[str, bytes] = field(default_factory=dict)
    sessions: dict[str, bytes] = field(default_factory=dict)
    patched: list[str] = field(default_factory=list)

    def __call__(self, asked: Asked) -> Answer | None:
        path, _, query = asked.path.partition("?")
        if not path.startswith("/v2/target/"):
            return None
        if found := re.search(r"/blobs/(sha256:.+)", path):
            there = found[1] in self.blobs
            return Answer(body=self.blobs[found[1]]) if there else refusal(404, "BLOB_UNKNOWN", "blob unknown")
        if path.endswith("/uploads/"):
            name = str(len(self.sessions))
            self.sessions[name] = b""
            return Answer(202, headers={"Location": f"/v2/target/blobs/uploads/{name}?state=x"})
        if "/uploads/" in path:
            return self._session(asked, path.rpartition("/")[2], query)
        name = path.rpartition("/")[2]
        if asked.method == "PUT":
            self.manifests[name] = asked.body
            return Answer(201)
        return refusal(404, "MANIFEST_UNKNOWN", "manifest unknown")

    def _session(self, asked: Asked, name: str, query: str) -> Answer:
        if name not in self.sessions:
            return refusal(404, "BLOB_UPLOAD_UNKNOWN", "upload unknown")
        location = {"Location": f"/v2/target/blobs/uploads/{name}?state=y"}
        if asked.method == "GET":
            return Answer(204, headers={**location, "Range": f"0-{max(0, len(self.sessions[name]) - 1)}"})
        if len(asked.body) > self.largest:
            return refusal(413, "UNKNOWN", "too large")
        if asked.method == "PATCH":
            self.patched.append(asked.headers["content-range"])
            start = int(asked.headers["content-range"].partition("-")[0])
            if start != len(self.sessions[name]):
                return refusal(416, "RANGE_INVALID", "out of order")
            if self.cuts:
                self.sessions[name] += asked.body[: self.cuts.pop(0)]
                if self.forget:
                    del self.sessions[name]
                return refusal(502, "UNAVAILABLE", "broken")
            self.sessions[name] += asked.body
            return Answer(202, headers=location)
        data = self.sessions.pop(name) + asked.body
        digest = query.rpartition("digest=")[2]
        if "sha256:" + hashlib.sha256(data).hexdigest() != digest:
            return refusal(400, "DIGEST_INVALID", "provided digest did not match uploaded content")
        self.blobs[digest] = data
        return Answer(201)


async def pushed(it: Pulling, registry: FaultyRegistry, **limits: int) -> list[TransferEvent]:
    """Pull the pack, and push it to `target`."""
    await it.pull(f"{registry.address}/app:latest")
    target = parse_reference(f"{registry.address}/target:1")
    it.store.images.tag(target, it.store.images.get(f"{registry.address}/app:latest").id)
    return await push(it, str(target), **limits)


async def push(it: Pulling, name: str, **limits: int) -> list[TransferEvent]:
    events: list[TransferEvent] = []
    pusher = Pusher(
        it.store.images,
        it.store.content,
        it.client,
        lambda: UploadLimits(**limits),
        run=in_thread,
        now=lambda: datetime.now(UTC),
        sleep=it._sleep,
    )
    await pusher.push(PushRequest(parse_reference(name)), events.append)
    return events


@pytest.mark.parametrize("how", ["whole", "cut", "cut and forgotten", "in pieces"])
async def test_what_arrives_is_right(pulling: Make, how: str) -> None:
    with faulty_registry({"app": {"latest": PACK}}) as registry:
        receiver = Receiver(registry)
        registry.fault = receiver
        if how.startswith("cut"):
            receiver.cuts, receiver.forget = [1 << 20, 2 << 20], "forgotten" in how
        if how == "in pieces":
            receiver.largest = 8 << 20
            pack = image_pack([layer({"huge": os.urandom(20 << 20)}, "")])
            registry.repositories = {"app": {"latest": pack}}
        it = await pulling()
        events = await pushed(it, registry)
        pack = registry.repositories["app"]["latest"]
        assert receiver.blobs == pack.blobs
        assert receiver.manifests == {"1": pack.manifests[-1][1]}
        assert events[-1] == Pushed("1", pack.digest, len(pack.manifests[-1][1]))
        size = len(BIG.data)
        if how == "cut":
            starts = [one.partition("-")[0] for one in receiver.patched]
            assert starts == ["0", str(1 << 20), str(3 << 20)]
        if how == "cut and forgotten":
            assert receiver.patched == [f"0-{size - 1}"] * 3
        if how == "in pieces":
            assert len(receiver.patched) == 3


async def test_tries_end(pulling: Make) -> None:
    with faulty_registry({"app": {"latest": PACK}}) as registry:
        receiver = Receiver(registry, cuts=[0] * 100)
        registry.fault = receiver
        it = await pulling()
        with pytest.raises(SystemFailure, match="502 Bad Gateway"):
            await pushed(it, registry, attempts=3)
        assert len(receiver.patched) == 3
        assert receiver.manifests == {}


@pytest.mark.parametrize(
    ("status", "code", "words"),
    [
        (401, "UNAUTHORIZED", "unauthorized: no"),
        (403, "DENIED", "denied: no"),
        (400, "NAME_INVALID", "name invalid: no"),
    ],
)
async def test_refusals_are_told(pulling: Make, status: int, code: str, words: str) -> None:
    with faulty_registry({"app": {"latest": PACK}}) as registry:
        it = await pulling()

        def fault(asked: Asked) -> Answer | None:
            return (
                refusal(status, code, "no") if asked.path.startswith("/v2/target/") and asked.method != "HEAD" else None
            )

        registry.fault = fault
        with pytest.raises(DockyardError, match=words):
            await pushed(it, registry)


@pytest.mark.parametrize("where", ["file:///tmp/x", "", "http://user:pass@127.0.0.1:1/x", "http://[bad"])
async def test_a_session_elsewhere(pulling: Make, where: str) -> None:
    with faulty_registry({"app": {"latest": PACK}}) as registry:
        it = await pulling()

        def fault(asked: Asked) -> Answer | None:
            return Answer(202, headers={"Location": where}) if asked.method == "POST" else None

        registry.fault = fault
        with pytest.raises(SystemFailure, match="Location"):
            await pushed(it, registry)


async def test_a_blob_that_is_damaged_on_disk_is_not_named(pulling: Make) -> None:
    with faulty_registry({"app": {"latest": PACK}}) as registry:
        receiver = Receiver(registry)
        registry.fault = receiver
        it = await pulling()
        await it.pull(f"{registry.address}/app:latest")
        path = it.root / "content" / "blobs" / "sha256" / BIG.digest[7:]
        path.write_bytes(path.read_bytes()[:-1] + b"?")
        with pytest.raises(SystemFailure, match="did not match"):
            await pushed(it, registry)
        assert receiver.manifests == {}


async def test_what_was_built_here_is_compressed_once(pulling: Make) -> None:
    """A new manifest is Docker's, its blob is kept, and the second push sends nothing."""
    from tests.support.tarballs import docker_archive, file, tarball

    with faulty_registry({}) as registry:
        receiver = Receiver(registry)
        registry.fault = receiver
        it = await pulling()
        it.store.load(docker_archive([tarball([file("a", b"a" * 3_000_000)])]))
        [stored] = it.store.images.images()
        it.store.images.tag(parse_reference(f"{registry.address}/target:1"), stored.id)
        events = await push(it, f"{registry.address}/target:1")
        assert [one.text for one in events if isinstance(one, LayerStatus)] == ["Preparing", "Pushed"]
        assert receiver.manifests["1"].startswith(b'{\n   "schemaVersion": 2,\n   "mediaType": "application/vnd.docker')
        registry.asked.clear()
        events = await push(it, f"{registry.address}/target:1")
        assert [one.text for one in events if isinstance(one, LayerStatus)] == ["Preparing", "Layer already exists"]
        assert {asked.method for asked in registry.asked} == {"GET", "HEAD", "PUT"}
        it.store.images.delete(stored.id)
        assert not list((it.root / "content" / "blobs" / "sha256").iterdir())


async def test_names_that_are_not_here(pulling: Make) -> None:
    it = await pulling()
    with pytest.raises(NotFound, match="An image does not exist locally with the tag: nosuch"):
        await push(it, "nosuch:1")
    with pytest.raises(DockyardError, match="cannot push a digest reference"):
        await push(it, f"nosuch@sha256:{'a' * 64}")


@pytest.mark.parametrize("complete", [True, False])
async def test_an_index_is_pushed_when_all_its_platforms_are_here(pulling: Make, complete: bool) -> None:
    images = {
        f"linux/{one}": image_pack([layer({"arch": one.encode()})], architecture=one) for one in ("amd64", "arm64")
    }
    index = index_pack(images)
    with faulty_registry({"app": {"latest": index}}) as registry:
        receiver = Receiver(registry)
        registry.fault = receiver
        it = await pulling()
        await it.pull(f"{registry.address}/app:latest")
        if complete:
            await it.pull(f"{registry.address}/app:latest", platform="linux/arm64")
        target = parse_reference(f"{registry.address}/target:1")
        it.store.images.tag(target, it.store.images.get(f"{registry.address}/app:latest").id)
        events = await push(it, str(target))
        wanted = index if complete else images["linux/amd64"]
        assert events[-1] == Pushed("1", wanted.digest, len(wanted.manifests[-1][1]))
        assert receiver.manifests["1"] == wanted.manifests[-1][1]
        assert receiver.blobs == wanted.blobs
        assert len(receiver.manifests) == (3 if complete else 1)
