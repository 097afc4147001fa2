"""The planners of pull and push as tables: what to fetch, what to send, what to refuse."""

import json
from typing import Any

import pytest

from dockyard.errors import InvalidParameter, NotFound
from dockyard.spec.image.config import image_from_json
from dockyard.spec.image.descriptor import Descriptor, Platform
from dockyard.spec.image.manifest import Index, Manifest
from dockyard.spec.image.platform import parse_platform
from dockyard.store.distribution.reference import parse_reference
from dockyard.store.distribution.registry.failures import Refusal, refusal
from dockyard.store.layers.layer import Layer
from dockyard.store.pull.plan import check_image, choose, layer_steps, understand
from dockyard.store.pull.translate import translate
from dockyard.store.push.plan import Candidate, new_manifest, plan_push

AMD64 = Platform("amd64", "linux")
NAME = parse_reference("h.example/app:1")
INDEX, MANIFEST = "application/vnd.oci.image.index.v1+json", "application/vnd.oci.image.manifest.v1+json"
CONFIG, LAYER = "application/vnd.oci.image.config.v1+json", "application/vnd.oci.image.layer.v1.tar+gzip"


def digest(number: int) -> str:
    return f"sha256:{number:064x}"


def index(*platforms: str) -> Index:
    entries = []
    for number, text in enumerate(platforms):
        platform = None if not text else parse_platform(text) if text != "?" else Platform("unknown", "unknown")
        entries.append(Descriptor(MANIFEST, digest(number), 1, platform=platform))
    return Index(tuple(entries))


@pytest.mark.parametrize(
    ("platforms", "wanted", "chosen"),
    [
        (["linux/arm64", "linux/amd64"], "", 1),
        (["linux/amd64", "linux/amd64"], "", 0),
        (["linux/386"], "", 0),
        (["linux/386", "linux/amd64"], "", 1),
        (["", "linux/amd64"], "", 1),
        (["", "linux/s390x"], "", 0),
        (["?", "linux/amd64"], "", 1),
        (["linux/arm/v6", "linux/arm/v7", "linux/arm64"], "linux/arm", 1),
        (["linux/arm/v6", "linux/arm/v5"], "linux/arm/v7", 0),
        (["linux/arm/v7"], "linux/arm64", 0),
        (["windows/amd64", "linux/amd64"], "windows/amd64", 0),
        (["windows/amd64", "linux/amd64"], "amd64", 1),
        (["linux/amd64/v3", "linux/amd64"], "linux/amd64", 1),
        (["linux/arm64", "linux/amd64"], "linux", 1),
    ],
)
def test_the_platform_that_is_chosen(platforms: list[str], wanted: str, chosen: int) -> None:
    found = choose(index(*platforms), AMD64, parse_platform(wanted) if wanted else None)
    assert found.digest == digest(chosen)


@pytest.mark.parametrize(
    ("platforms", "wanted", "words"),
    [
        (["linux/arm64"], "", "no matching manifest for linux/amd64 in the manifest list entries"),
        (["?"], "", "no matching manifest for linux/amd64"),
        ([], "", "no matching manifest for linux/amd64"),
        (["linux/amd64"], "linux/arm64", "no matching manifest for linux/arm64 in"),
        (["linux/arm/v7"], "linux/arm/v6", "no matching manifest for linux/arm/v6"),
    ],
)
def test_none_fits(platforms: list[str], wanted: str, words: str) -> None:
    with pytest.raises(NotFound, match=words):
        choose(index(*platforms), AMD64, parse_platform(wanted) if wanted else None)


def manifest(**changes: Any) -> dict[str, Any]:
    document = {
        "schemaVersion": 2,
        "config": {"mediaType": CONFIG, "digest": digest(0), "size": 10},
        "layers": [{"mediaType": LAYER, "digest": digest(1), "size": 5}],
    }
    return {**document, **changes}


GOOD: list[tuple[str, dict[str, Any]]] = [
    (MANIFEST, manifest()),
    (MANIFEST, manifest(mediaType=MANIFEST)),
    (MANIFEST, manifest(layers=[])),
    (MANIFEST, manifest(layers=[{"mediaType": LAYER[:-5], "digest": digest(1), "size": 5}])),
    (MANIFEST, manifest(config={"mediaType": "application/octet-stream", "digest": digest(0), "size": 10})),
    (INDEX, {"manifests": []}),
]
BAD: list[tuple[str, Any, str]] = [
    (MANIFEST, manifest(manifests=[]), "ambiguous"),
    (INDEX, {"manifests": [], "config": {}}, "ambiguous"),
    (MANIFEST, manifest(mediaType=INDEX), "mediaType in manifest should be"),
    ("text/html", {}, "unsupported manifest media type"),
    ("application/vnd.docker.distribution.manifest.v1+prettyjws", {}, "schema 1"),
    (MANIFEST, [], "manifest"),
    (MANIFEST, {}, "descriptor"),
    (MANIFEST, manifest(config={"mediaType": CONFIG, "digest": "sha256:../../x", "size": 1}), "invalid config digest"),
    (MANIFEST, manifest(config={"mediaType": CONFIG, "digest": digest(0), "size": 1 << 40}), "invalid config size"),
    (MANIFEST, manifest(config={"mediaType": "application/vnd.example", "digest": digest(0), "size": 1}),
     "unsupported media type"),
    (MANIFEST, manifest(config={"mediaType": "application/vnd.docker.plugin.v1+json", "digest": digest(0), "size": 1}),
     "is a plugin"),
    (MANIFEST, manifest(layers=[{"mediaType": LAYER, "digest": "md5:1", "size": 5}]), "invalid layer digest"),
    (MANIFEST, manifest(layers=[{"mediaType": LAYER, "digest": digest(1), "size": -5}]), "invalid layer size"),
    (MANIFEST, manifest(layers=[{"mediaType": "text/plain", "digest": digest(1), "size": 5}]), "unsupported layer"),
    (MANIFEST, manifest(layers=[{"mediaType": f"{LAYER}+encrypted", "digest": digest(1), "size": 5}]), "unsupported"),
    (MANIFEST, manifest(layers=[{"mediaType": LAYER, "digest": digest(1), "size": 5}] * 2000), "too many layers"),
]  # fmt: skip


@pytest.mark.parametrize(("media_type", "document"), GOOD)
def test_manifests_that_are_understood(media_type: str, document: dict[str, Any]) -> None:
    understood = understand(Descriptor(media_type, digest(9), 1), document, NAME)
    assert isinstance(understood, Index if media_type == INDEX else Manifest)
    assert understood.media_type == media_type


@pytest.mark.parametrize(("media_type", "document", "words"), BAD)
def test_manifests_that_are_refused(media_type: str, document: Any, words: str) -> None:
    with pytest.raises(InvalidParameter, match=words):
        understood = understand(Descriptor(media_type, digest(9), 1), document, NAME)
        check_image(understood)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"os": "windows", "rootfs": {"diff_ids": [digest(1)]}}, "cannot be used on this platform"),
        ({"os": "linux", "rootfs": {"diff_ids": []}}, "don't match"),
        ({"os": "linux", "rootfs": {"diff_ids": ["x"]}}, "invalid diffID"),
    ],
)
def test_configurations_that_contradict_their_manifest(config: dict[str, Any], words: str) -> None:
    found = understand(Descriptor(MANIFEST, digest(9), 1), manifest(), NAME)
    assert isinstance(found, Manifest)
    with pytest.raises(InvalidParameter, match=words):
        layer_steps(found, image_from_json({"architecture": "amd64", **config}))


def a_layer(number: int) -> Layer:
    return Layer(digest(100 + number), digest(number), None, "x", 1, 1)


def candidate(*layers: Descriptor) -> Candidate:
    return Candidate(MANIFEST, b"{}", Manifest(Descriptor(CONFIG, digest(0), 1), layers))


def test_the_manifest_that_is_sent() -> None:
    layers = [a_layer(1), a_layer(2)]
    kept, gone = Descriptor(LAYER, digest(11), 1), Descriptor(LAYER, digest(12), 1)
    foreign = Descriptor("application/vnd.oci.image.layer.nondistributable.v1.tar", digest(13), 1, urls=("http://x",))
    here = {kept.digest}

    def plan(*candidates: Candidate) -> Candidate | None:
        return plan_push(layers, candidates, lambda layer, blob: blob.digest in here).candidate

    whole, half = candidate(kept, kept), candidate(kept, gone)
    assert plan() is None
    assert plan(whole) is whole
    assert plan(half) is None
    assert plan(half, whole) is whole
    assert plan(candidate(kept)) is None
    assert plan(candidate(kept, foreign)) is not None
    assert [step.blob for step in plan_push(layers, [half], lambda *_: False).layers] == [None, None]


def test_a_new_manifest_is_dockers_byte_for_byte() -> None:
    """Debian's dockerd pushed an image of one layer with exactly this manifest."""
    assert new_manifest(digest(1), 2, [(digest(3), 4)]).decode() == (
        '{\n   "schemaVersion": 2,\n'
        '   "mediaType": "application/vnd.docker.distribution.manifest.v2+json",\n'
        '   "config": {\n'
        '      "mediaType": "application/vnd.docker.container.image.v1+json",\n'
        f'      "size": 2,\n      "digest": "{digest(1)}"\n   }},\n'
        '   "layers": [\n      {\n'
        '         "mediaType": "application/vnd.docker.image.rootfs.diff.tar.gzip",\n'
        f'         "size": 4,\n         "digest": "{digest(3)}"\n      }}\n   ]\n}}'
    )


NO_DETAILS = "error parsing HTTP 404 response body: no error details found in HTTP response body: "


def errors(code: str) -> dict[str, Any]:
    return {"errors": [{"code": code, "message": "m"}]}


@pytest.mark.parametrize(
    ("status", "body", "message"),
    [
        (404, errors("MANIFEST_UNKNOWN"), "manifest for h.example/app:1 not found: manifest unknown: m"),
        (404, errors("NAME_UNKNOWN"), "repository h.example/app not found: name unknown: m"),
        (401, errors("UNAUTHORIZED"), "unauthorized: m"),
        (401, None, "unauthorized: authentication required"),
        (429, {"details": "slow"}, "toomanyrequests: slow"),
        (404, {}, NO_DETAILS + '"{}"'),
        (404, {"errors": []}, NO_DETAILS + r'"{\"errors\": []}"'),
        (404, {"errors": ["x"]}, NO_DETAILS + r'"{\"errors\": [\"x\"]}"'),
        (503, None, "received unexpected HTTP status: 503 Service Unavailable"),
    ],
)
def test_refusals_in_dockers_words(status: int, body: Any, message: str) -> None:
    error = refusal(status, b"" if body is None else json.dumps(body).encode(), [])
    assert isinstance(error, Refusal)
    assert str(translate(error, NAME)) == message


def test_who_may_not_look_is_told_to_log_in() -> None:
    error = refusal(403, json.dumps({"errors": [{"code": "DENIED"}]}).encode(), [])
    assert str(translate(error, NAME)) == (
        "pull access denied for h.example/app, repository does not exist or may require 'docker login': denied: "
        "requested access to the resource is denied"
    )
