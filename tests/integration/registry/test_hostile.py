"""A registry that lies, stalls, breaks off and leads astray: nothing wrong is ever named, and nothing is left over."""

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from tests.support.faulty_registry import Answer, Asked, faulty_registry, ranged, refusal
from tests.support.packs import Pack, image_pack, layer
from tests.support.pulling import Pulling

from dockyard.errors import DockyardError, NotFound, SystemFailure
from dockyard.store.distribution.registry.credentials import Credentials
from dockyard.store.pull.downloads import Limits

Make = Callable[..., Awaitable[Pulling]]
BIG = bytes(range(256)) * 400
LAYERS = [layer({"one": BIG}), layer({"two": BIG[::-1]})]
PACK = image_pack(LAYERS)
FIRST = LAYERS[0].digest
ALICE = Credentials("alice", "secret")


def only(digest: str, answer: Callable[[Asked], Answer]) -> Callable[[Asked], Answer | None]:
    return lambda asked: answer(asked) if asked.blob == digest else None


def changed_manifest(**fields: object) -> Pack:
    document = json.loads(PACK.manifests[-1][1])
    document["layers"][0].update(fields)
    return Pack(PACK.blobs, [(PACK.media_type, json.dumps(document).encode())], PACK.config_digest)


LIES: dict[str, Callable[[Asked], Answer]] = {
    "wrong digest": lambda asked: Answer(body=bytes(len(LAYERS[0].data))),
    "one wrong byte": lambda asked: Answer(body=LAYERS[0].data[:-1] + b"x"),
    "too short": lambda asked: Answer(body=LAYERS[0].data[:-5]),
    "too long": lambda asked: Answer(body=LAYERS[0].data + b"more"),
    "too long without a length": lambda asked: Answer(body=LAYERS[0].data + b"more", length=None),
    "endless": lambda asked: Answer(body=b"x" * 65536, length=None, endless=True),
    "a huge length": lambda asked: Answer(body=LAYERS[0].data, length=1 << 50),
    "redirects in a circle": lambda asked: Answer(307, headers={"Location": asked.path}),
    "a redirect to a file": lambda asked: Answer(307, headers={"Location": "file:///etc/passwd"}),
    "a redirect to nothing": lambda asked: Answer(307, headers={"Location": "http://[bad"}),
    "a redirect with a user": lambda asked: Answer(307, headers={"Location": "http://u:p@127.0.0.1:1/x"}),
    "not found": lambda asked: refusal(404, "BLOB_UNKNOWN", "blob unknown to registry"),
    "a strange answer": lambda asked: Answer(418, b"<html>teapot"),
    "always 503": lambda asked: refusal(503, "UNAVAILABLE", "later"),
    "always cut": lambda asked: Answer(body=LAYERS[0].data, cut_after=0),
    "wrong range": lambda asked: Answer(206, LAYERS[0].data, {"Content-Range": "bytes 5-9/10"}),
}


@pytest.mark.parametrize("lie", LIES)
async def test_a_lying_registry_leaves_nothing(pulling: Make, lie: str) -> None:
    with faulty_registry({"app": {"latest": PACK}}) as registry:
        registry.fault = only(FIRST, LIES[lie])
        it = await pulling()
        with pytest.raises((SystemFailure, NotFound)):
            await asyncio.wait_for(it.pull(f"{registry.address}/app:latest"), 20)
        assert it.leftovers() == set()
        assert it.store.images.images() == []
        assert it.store.images.references.all() == {}
        registry.fault = lambda asked: None
        assert await it.pull(f"{registry.address}/app:latest") is True


@pytest.mark.parametrize("what", ["config", "manifest by digest", "endless manifest", "size", "diff id", "ambiguous"])
async def test_lies_above_the_layers(pulling: Make, what: str) -> None:
    pack = PACK
    if what == "size":
        pack = changed_manifest(size=-1)
    if what == "ambiguous":
        document = {**json.loads(PACK.manifests[-1][1]), "manifests": []}
        pack = Pack(PACK.blobs, [(PACK.media_type, json.dumps(document).encode())])
    if what == "diff id":
        other = image_pack([layer({"another": b"tree"}), LAYERS[1]])
        document = json.loads(PACK.manifests[-1][1])
        document["config"] = json.loads(other.manifests[-1][1])["config"]
        pack = Pack({**PACK.blobs, **other.blobs}, [(PACK.media_type, json.dumps(document).encode())])

    def fault(asked: Asked) -> Answer | None:
        if what == "config" and asked.blob == PACK.config_digest:
            return Answer(body=PACK.blobs[asked.blob][:-1] + b" ")
        if what.startswith("manifest") and "/manifests/" in asked.path:
            return Answer(body=b"{}", headers={"Content-Type": PACK.media_type})
        if what == "endless manifest" and "/manifests/" in asked.path and asked.method == "GET":
            return Answer(body=b"x" * 65536, length=None, endless=True, headers={"Content-Type": PACK.media_type})
        return None

    with faulty_registry({"app": {"latest": pack}}) as registry:
        registry.fault = fault
        it = await pulling()
        name = f"@{PACK.digest}" if what == "manifest by digest" else ":latest"
        with pytest.raises(DockyardError):
            await asyncio.wait_for(it.pull(f"{registry.address}/app{name}"), 20)
        assert it.leftovers() == set()
        assert it.store.images.images() == []


async def test_a_cut_is_resumed_behind_what_came(pulling: Make) -> None:
    cuts = [10, 100]

    def fault(asked: Asked) -> Answer | None:
        if asked.blob != FIRST or not cuts:
            return None
        answer = ranged(LAYERS[0].data, asked)
        answer.cut_after = cuts.pop(0)
        return answer

    with faulty_registry({"app": {"latest": PACK}}) as registry:
        registry.fault = fault
        it = await pulling()
        assert await it.pull(f"{registry.address}/app:latest") is True
        ranges = [asked.headers.get("range") for asked in registry.asked if asked.blob == FIRST]
        assert ranges == [None, "bytes=10-", "bytes=110-"]
        assert f"{FIRST[7:19]}: Retrying in 1 second" in it.lines()


async def test_a_registry_without_ranges_sends_all_again(pulling: Make) -> None:
    cuts = [1000]

    def fault(asked: Asked) -> Answer | None:
        if asked.blob == FIRST:
            return Answer(body=LAYERS[0].data, cut_after=cuts.pop() if cuts else None)
        return None

    with faulty_registry({"app": {"latest": PACK}}) as registry:
        registry.fault = fault
        it = await pulling()
        assert await it.pull(f"{registry.address}/app:latest") is True


async def test_an_overloaded_registry_is_given_time(pulling: Make) -> None:
    refusals = {"/v2/app/manifests/latest": 2, f"/v2/app/blobs/{FIRST}": 2}

    def fault(asked: Asked) -> Answer | None:
        if asked.method == "GET" and refusals.get(asked.path, 0):
            refusals[asked.path] -= 1
            return refusal(429, "TOOMANYREQUESTS", "slow down", **{"Retry-After": "7"})
        return None

    with faulty_registry({"app": {"latest": PACK}}) as registry:
        registry.fault = fault
        it = await pulling()
        assert await it.pull(f"{registry.address}/app:latest") is True
        assert sum(it.slept) == 4 * 7


async def test_a_limit_counted_in_hours_is_told_at_once(pulling: Make) -> None:
    with faulty_registry({"app": {"latest": PACK}}) as registry:
        registry.fault = lambda asked: refusal(429, "TOOMANYREQUESTS", "pull rate limit", **{"Retry-After": "21600"})
        it = await pulling()
        with pytest.raises(SystemFailure, match="toomanyrequests: pull rate limit"):
            await it.pull(f"{registry.address}/app:latest")
        assert it.slept == []


async def test_tries_are_as_many_as_configured(pulling: Make) -> None:
    with faulty_registry({"app": {"latest": image_pack(LAYERS[:1])}}) as registry:
        registry.fault = only(FIRST, lambda asked: Answer(body=LAYERS[0].data, cut_after=0))
        it = await pulling(limits=Limits(attempts=4))
        with pytest.raises(SystemFailure):
            await it.pull(f"{registry.address}/app:latest")
        assert len([asked for asked in registry.asked if asked.blob == FIRST]) == 4


async def test_downloads_at_once_are_as_many_as_configured(pulling: Make) -> None:
    layers = [layer({"n": str(n).encode()}) for n in range(6)]
    pack = image_pack(layers)
    go, at_once, most = threading.Event(), 0, 0
    lock = threading.Lock()

    def fault(asked: Asked) -> Answer | None:
        nonlocal at_once, most
        if not asked.blob or asked.blob == pack.config_digest:
            return None
        with lock:
            at_once += 1
            most = max(most, at_once)
        go.wait(0.15)
        with lock:
            at_once -= 1
        return None

    with faulty_registry({"app": {"latest": pack}}) as registry:
        registry.fault = fault
        it = await pulling(limits=Limits(at_once=2))
        await it.pull(f"{registry.address}/app:latest")
        assert most == 2
        assert sum(line.endswith(": Waiting") for line in it.lines()) == 4


async def test_credentials_do_not_follow_a_redirect(pulling: Make) -> None:
    """Row A7's sister: a blob store elsewhere sees neither the token nor the password."""
    with faulty_registry({"app": {"latest": PACK}}) as registry, faulty_registry({"x": {"1": PACK}}) as other:

        def fault(asked: Asked) -> Answer | None:
            if "authorization" not in asked.headers:
                return Answer(401, b"", {"WWW-Authenticate": 'Basic realm="r"'})
            if asked.blob == FIRST:
                return Answer(307, headers={"Location": f"http://{other.address}/v2/x/blobs/{FIRST}?signature=a%2Fb"})
            if asked.blob == LAYERS[1].digest:
                return Answer(302, headers={"Location": asked.path + "?again"}) if "?" not in asked.path else None
            return None

        registry.fault = fault
        it = await pulling()
        assert await it.pull(f"{registry.address}/app:latest", credentials=ALICE) is True
        assert [asked.path for asked in other.asked] == [f"/v2/x/blobs/{FIRST}?signature=a%2Fb"]
        assert "authorization" not in other.asked[0].headers


async def test_a_mirror_gets_no_credentials_and_its_lies_are_mended(pulling: Make) -> None:
    from dockyard.store.distribution.registry.hosts import HostsConfig

    with faulty_registry({"app": {"latest": PACK}}) as registry, faulty_registry({"app": {"latest": PACK}}) as mirror:

        def locked(asked: Asked) -> Answer | None:
            if "authorization" not in asked.headers:
                return Answer(401, b"", {"WWW-Authenticate": 'Basic realm="r"'})
            return None

        registry.fault = locked
        mirror.fault = only(FIRST, LIES["one wrong byte"])
        it = await pulling(config=HostsConfig(mirrors={registry.address: (f"http://{mirror.address}/",)}))
        assert await it.pull(f"{registry.address}/app:latest", credentials=ALICE) is True
        assert not any("authorization" in asked.headers for asked in mirror.asked)
        mirror.fault = locked
        registry.asked.clear()
        assert await it.pull(f"{registry.address}/app:latest", credentials=ALICE) is False
        assert registry.asked


@pytest.mark.parametrize("damage", ["none", "flipped", "longer"])
async def test_what_an_earlier_process_left_is_used_if_it_is_right(pulling: Make, tmp_path: Path, damage: str) -> None:
    it = await pulling()
    half = LAYERS[0].data[: len(LAYERS[0].data) // 2]
    left = {"none": half, "flipped": b"?" + half[1:], "longer": LAYERS[0].data + b"x"}[damage]
    (it.root / "content" / "downloads" / FIRST[7:]).write_bytes(left)
    with faulty_registry({"app": {"latest": PACK}}) as registry:
        assert await it.pull(f"{registry.address}/app:latest") is True
        ranges = [asked.headers.get("range") for asked in registry.asked if asked.blob == FIRST]
        assert (
            ranges
            == {
                "none": [f"bytes={len(half)}-"],
                "flipped": [f"bytes={len(half)}-", None],
                "longer": [None],
            }[damage]
        )
    assert not list((it.root / "content" / "downloads").iterdir())
