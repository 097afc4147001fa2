"""Attestations of an index and what refers to an image come with a pull and go with a push, byte for byte."""

import asyncio
import json
import re
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from tests.integration.registry.test_push import Receiver, push
from tests.support.faulty_registry import Answer, Asked, FaultyRegistry, faulty_registry, refusal
from tests.support.packs import INDEX, MANIFEST, Pack, artifact_pack, attested_pack, digest_of, image_pack, layer
from tests.support.pulling import Pulling

from dockyard.errors import DockyardError
from dockyard.store.distribution.events import Pushed, Status
from dockyard.store.distribution.reference import parse_reference
from dockyard.store.images.remove import remove_image
from dockyard.store.pull import pull

Make = Callable[..., Awaitable[Pulling]]
IMAGE = image_pack([layer({"a": b"a"})])
ATTESTED = attested_pack({"linux/amd64": IMAGE})
SIGNATURE = artifact_pack("application/vnd.dev.sigstore.bundle", b"signed", ATTESTED.manifests[-1], {"by": "me"})
SBOM = artifact_pack("application/spdx+json", b'{"spdxVersion": "2.3"}', IMAGE.manifests[-1])
OF_SBOM = artifact_pack("application/vnd.dev.sigstore.bundle", b"signed, too", SBOM.manifests[-1])
COSIGN = artifact_pack("application/vnd.dev.cosign.simplesigning.v1+json", b"{}{}")


def everything(how: str) -> dict[str, Pack]:
    """The repository's packs by tag: the image, and what refers to it, which has no tag but cosign's."""
    packs = {"latest": ATTESTED, "sig": SIGNATURE, "sbom": SBOM, "sigsbom": OF_SBOM}
    packs[f"sha256-{ATTESTED.digest[7:]}.sig"] = COSIGN
    if how == "tag":
        for subject, one in ((ATTESTED, SIGNATURE), (IMAGE, SBOM), (SBOM, OF_SBOM)):
            packs[f"sha256-{subject.digest[7:]}"] = Pack({}, [(INDEX, listed([one]))])
    return packs


def listed(packs: list[Pack]) -> bytes:
    entries = []
    for pack in packs:
        media_type, data = pack.manifests[-1]
        kind = json.loads(data)["artifactType"]
        entries.append({"mediaType": media_type, "size": len(data), "digest": pack.digest, "artifactType": kind})
    return json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries}).encode()


def with_lists(registry: FaultyRegistry) -> None:
    """The registry keeps the lists itself, two pages for the image."""
    lists = {ATTESTED.digest: [SIGNATURE], IMAGE.digest: [SBOM], SBOM.digest: [OF_SBOM]}

    def fault(asked: Asked) -> Answer | None:
        found = re.fullmatch(r"/v2/app/referrers/(sha256:[0-9a-f]+)(\?page=2)?", asked.path)
        if not found:
            return None
        if found[1] == IMAGE.digest and not found[2]:
            link = {"Link": f'</v2/app/referrers/{found[1]}?page=2>; rel="next"'}
            return Answer(body=listed([SIGNATURE]), headers={"Content-Type": INDEX, **link})
        return Answer(body=listed(lists.get(found[1], [])), headers={"Content-Type": INDEX})

    registry.fault = fault


class Keeper(Receiver):
    """A receiver that keeps lists of referrers: it says so when it takes one."""

    def __call__(self, asked: Asked) -> Answer | None:
        answer = super().__call__(asked)
        if answer is not None and asked.method == "PUT" and "/manifests/" in asked.path:
            subject = json.loads(asked.body).get("subject")
            if subject:
                answer.headers["OCI-Subject"] = subject["digest"]
        if answer is not None and asked.method == "GET" and "/manifests/" in asked.path:
            name = asked.path.rpartition("/")[2]
            if name in self.manifests:
                return Answer(body=self.manifests[name], headers={"Content-Type": INDEX})
        return answer


async def test_attestations_come_and_go(pulling: Make) -> None:
    with faulty_registry({"app": {"latest": ATTESTED}}) as source, faulty_registry({}) as target:
        target.fault = receiver = Receiver(target)
        it = await pulling()
        await it.pull(f"{source.address}/app:latest")
        name = f"{target.address}/target:1"
        it.store.images.tag(parse_reference(name), it.store.images.get(f"{source.address}/app:latest").id)
        events = await push(it, name)
        assert events[-1] == Pushed("1", ATTESTED.digest, len(ATTESTED.manifests[-1][1]))
        assert receiver.blobs == ATTESTED.blobs
        assert receiver.manifests.pop("1") == ATTESTED.manifests[-1][1]
        assert receiver.manifests == {digest_of(data): data for _, data in ATTESTED.manifests[:-1]}
        assert not any("referrers" in asked.path for asked in source.asked)
        # gone with the image
        remove_image(it.store.images, name, force=True, prune=True, users=lambda _: [])
        remove_image(it.store.images, f"{source.address}/app:latest", force=True, prune=True, users=lambda _: [])
        assert not list((it.root / "content" / "blobs" / "sha256").iterdir())


async def test_only_the_attestation_of_the_chosen_platform(pulling: Make) -> None:
    images = {f"linux/{one}": image_pack([layer({"a": one.encode()})], architecture=one) for one in ("amd64", "arm64")}
    pack = attested_pack(images)
    with faulty_registry({"app": {"latest": pack}}) as source:
        it = await pulling()
        await it.pull(f"{source.address}/app:latest")
        fetched = {asked.path.rpartition("/")[2] for asked in source.asked if "/manifests/" in asked.path}
        digests = [digest_of(data) for _, data in pack.manifests]
        assert fetched == {"latest", digests[0], digests[2]}


async def test_an_attestation_that_is_missing_is_no_failure(pulling: Make) -> None:
    with faulty_registry({"app": {"latest": ATTESTED}}) as source:
        attestation = digest_of(ATTESTED.manifests[1][1])
        source.fault = lambda asked: refusal(404, "MANIFEST_UNKNOWN", "no") if attestation in asked.path else None
        it = await pulling()
        await it.pull(f"{source.address}/app:latest")
        assert len(it.store.images.images()) == 1


async def test_an_attestation_that_does_not_come_holds_no_pull_up(
    pulling: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pull, "BESIDE_SECONDS", 0.2)
    ends = threading.Event()
    with faulty_registry({"app": {"latest": ATTESTED}}) as source:
        attestation = digest_of(ATTESTED.manifests[1][1])

        def fault(asked: Asked) -> Answer | None:
            if attestation in asked.path:
                ends.wait(60)
            return None

        source.fault = fault
        it = await pulling()
        try:
            async with asyncio.timeout(20):
                await it.pull(f"{source.address}/app:latest")
        finally:
            ends.set()
        assert len(it.store.images.images()) == 1


@pytest.mark.parametrize("source_keeps", [True, False])
@pytest.mark.parametrize("target_keeps", [True, False])
async def test_referrers_follow(pulling: Make, source_keeps: bool, target_keeps: bool) -> None:
    with (
        faulty_registry({"app": everything("list" if source_keeps else "tag")}) as source,
        faulty_registry({}) as target,
    ):
        if source_keeps:
            with_lists(source)
        receiver = Keeper(target)
        target.fault = receiver if target_keeps else Receiver.__call__.__get__(receiver)
        it = await pulling()
        await it.pull(f"{source.address}/app:latest", referrers=True)
        name = f"{target.address}/target:1"
        it.store.images.tag(parse_reference(name), it.store.images.get(f"{source.address}/app:latest").id)
        await push(it, name)
        for pack in (SIGNATURE, SBOM, OF_SBOM):
            assert receiver.manifests[pack.digest] == pack.manifests[-1][1]
        cosign = f"sha256-{ATTESTED.digest[7:]}.sig"
        assert receiver.manifests[cosign] == COSIGN.manifests[-1][1]
        for pack in (ATTESTED, SIGNATURE, SBOM, OF_SBOM, COSIGN):
            assert pack.blobs.items() <= receiver.blobs.items()
        lists = {tag: data for tag, data in receiver.manifests.items() if re.fullmatch("sha256-[0-9a-f]{64}", tag)}
        if target_keeps:
            assert lists == {}
        else:
            assert {tag[7:] for tag in lists} >= {one.digest[7:] for one in (ATTESTED, IMAGE, SBOM)}
            entry = json.loads(lists[f"sha256-{IMAGE.digest[7:]}"])["manifests"]
            assert SBOM.digest in [one["digest"] for one in entry]
            kept = json.loads(lists[f"sha256-{ATTESTED.digest[7:]}"])["manifests"][0]
            assert kept == {
                "mediaType": MANIFEST,
                "digest": SIGNATURE.digest,
                "size": len(SIGNATURE.manifests[-1][1]),
                "artifactType": "application/vnd.dev.sigstore.bundle",
                "annotations": {"by": "me"},
            }


async def test_what_has_a_tag_at_the_registry_already_keeps_it(pulling: Make) -> None:
    newer = artifact_pack("application/vnd.dev.cosign.simplesigning.v1+json", b"signed by more since").manifests[-1][1]
    cosign, list_tag = f"sha256-{ATTESTED.digest[7:]}.sig", f"sha256-{ATTESTED.digest[7:]}"
    broken = f"sha256-{IMAGE.digest[7:]}"
    with faulty_registry({"app": everything("list")}) as source, faulty_registry({}) as target:
        with_lists(source)
        receiver = Receiver(target, manifests={cosign: newer, list_tag: newer, broken: b"{"})
        types = {list_tag: MANIFEST, cosign: MANIFEST, broken: INDEX}

        def fault(asked: Asked) -> Answer | None:
            name = asked.path.rpartition("/")[2]
            if asked.method == "GET" and name in types:
                return Answer(body=receiver.manifests[name], headers={"Content-Type": types[name]})
            return receiver(asked)

        target.fault = fault
        it = await pulling()
        await it.pull(f"{source.address}/app:latest", referrers=True)
        name = f"{target.address}/target:1"
        it.store.images.tag(parse_reference(name), it.store.images.get(f"{source.address}/app:latest").id)
        events = await push(it, name)
        assert [receiver.manifests[tag] for tag in (cosign, list_tag, broken)] == [newer, newer, b"{"]
        assert receiver.manifests[SIGNATURE.digest] == SIGNATURE.manifests[-1][1]
        told = [event.text for event in events if isinstance(event, Status) and "left as it is" in event.text]
        assert sorted({line.partition(":")[0] for line in told}) == sorted({cosign, list_tag, broken})
        assert not any(receiver.blobs.get(digest) == data for digest, data in COSIGN.blobs.items() if data == b"{}{}")


async def test_referrers_that_came_later_are_had_with_the_next_pull(pulling: Make) -> None:
    with faulty_registry({"app": everything("list")}) as source:
        it = await pulling()
        await it.pull(f"{source.address}/app:latest")
        with_lists(source)
        await it.pull(f"{source.address}/app:latest", referrers=True)
        assert it.store.images.manifests.referrers(ATTESTED.digest)
        stored = it.store.images.images()[0]
        assert SIGNATURE.digest in it.store.images.manifests.digests_of_image(stored.id)


@pytest.mark.parametrize("lie", ["other bytes", "huge", "endless list", "nonsense", "many"])
async def test_lies_of_referrers_fail_the_pull_that_asked_for_them(pulling: Make, lie: str) -> None:
    with faulty_registry({"app": everything("list")}) as source:
        with_lists(source)
        honest = source.fault

        def fault(asked: Asked) -> Answer | None:
            if lie == "other bytes" and asked.path.endswith(SIGNATURE.digest):
                return Answer(body=b"{}", headers={"Content-Type": MANIFEST})
            if "/referrers/" in asked.path:
                if lie == "endless list":
                    return Answer(body=b" " * 65536, headers={"Content-Type": INDEX}, length=None, endless=True)
                if lie == "nonsense":
                    return Answer(body=b"[" * 100_000, headers={"Content-Type": INDEX})
                if lie in ("many", "huge"):
                    entry = json.loads(listed([SIGNATURE]))["manifests"][0]
                    entries = [entry | {"size": 1 << 40}] if lie == "huge" else [
                        entry | {"digest": f"sha256:{n:064x}"} for n in range(1000)
                    ]  # fmt: skip
                    body = json.dumps({"schemaVersion": 2, "manifests": entries}).encode()
                    return Answer(body=body, headers={"Content-Type": INDEX})
            return honest(asked)

        source.fault = fault
        it = await pulling()
        with pytest.raises(DockyardError):
            await it.pull(f"{source.address}/app:latest", referrers=True)
        assert it.store.images.references.all().get("x") is None
        assert not it.store.images.manifests.referrers(ATTESTED.digest)


@pytest.mark.parametrize(("kind", "pages"), [("manifests", 2), ("nothing that is wanted", 129), ("all the same", 1)])
async def test_lists_without_end_are_not_read_to_it(pulling: Make, kind: str, pages: int) -> None:
    entry = json.loads(listed([SIGNATURE]))["manifests"][0]
    with faulty_registry({"app": {"latest": ATTESTED}}) as source:

        def fault(asked: Asked) -> Answer | None:
            found = re.fullmatch(r"(/v2/app/referrers/sha256:[0-9a-f]+)(?:\?page=(\d+))?", asked.path)
            if not found:
                return None
            page = int(found[2] or 0)
            start = 0 if kind == "all the same" else 40 * page
            entries = [entry | {"digest": f"sha256:{n:064x}"} for n in range(start, start + 40)]
            if kind != "manifests":
                entries = [one | {"mediaType": "text/plain"} for one in entries]
            body = json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries}).encode()
            link = {"Link": f'<{found[1]}?page={page + 1}>; rel="next"'}
            return Answer(body=body, headers={"Content-Type": INDEX, **link})

        source.fault = fault
        it = await pulling()
        if kind == "all the same":
            await it.pull(f"{source.address}/app:latest", referrers=True)
        else:
            with pytest.raises(DockyardError, match=r"more than 64|too long"):
                await it.pull(f"{source.address}/app:latest", referrers=True)
        asked = [one.path.partition("?")[0] for one in source.asked if "/referrers/" in one.path]
        assert asked.count(asked[0]) <= pages + 1


async def test_a_list_of_megabytes_is_refused(pulling: Make) -> None:
    entry = json.loads(listed([SIGNATURE]))["manifests"][0]
    with faulty_registry({"app": {"latest": ATTESTED}}) as source:
        body = json.dumps({"schemaVersion": 2, "manifests": [entry | {"annotations": {"a": "x" * (1 << 20)}}]}).encode()
        headers = {"Content-Type": INDEX}
        source.fault = lambda asked: Answer(body=body, headers=headers) if "/referrers/" in asked.path else None
        it = await pulling()
        with pytest.raises(DockyardError):
            await it.pull(f"{source.address}/app:latest", referrers=True)


async def test_an_artifact_that_names_another_images_blobs_takes_nothing_with_it(pulling: Make, tmp_path: Path) -> None:
    """Who pushes an artifact chooses its blobs: a layer and a configuration of an image that stays."""
    victim = image_pack([layer({"v": b"victim"})])
    manifest = json.loads(victim.manifests[-1][1])
    thief_document = json.loads(SBOM.manifests[-1][1]) | {"config": manifest["config"], "layers": manifest["layers"]}
    thief = Pack(victim.blobs, [(MANIFEST, json.dumps(thief_document).encode())])
    packs = {"latest": ATTESTED, "victim": victim, "thief": thief}
    packs[f"sha256-{IMAGE.digest[7:]}"] = Pack({}, [(INDEX, listed([thief]))])
    with faulty_registry({"app": packs}) as source:
        it = await pulling()
        await it.pull(f"{source.address}/app:victim")
        before = {path.name for path in (it.root / "content" / "blobs" / "sha256").iterdir()}
        await it.pull(f"{source.address}/app:latest", referrers=True)
        remove_image(it.store.images, f"{source.address}/app:latest", force=True, prune=True, users=lambda _: [])
        assert {path.name for path in (it.root / "content" / "blobs" / "sha256").iterdir()} == before
