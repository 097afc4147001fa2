"""Configurations of caches: BuildKit's own is understood, hostile ones neither loop nor break out."""

import json
from typing import Any

import pytest

from dockyard.builder.remotecache.config import CacheConfig, CacheLayer, CacheRecord, config_from_json
from dockyard.builder.remotecache.read import read_cache
from dockyard.errors import InvalidParameter
from dockyard.spec.image.descriptor import Descriptor
from dockyard.store.content.digest import digest_of


def sha(letter: str) -> str:
    return f"sha256:{letter * 64}"


# What Docker 28.5.2 wrote for `FROM busybox`, COPY, WORKDIR, `COPY --link` with mode=max; digests are shortened.
BUILDKITS = {
    "layers": [
        {"blob": sha("2"), "parent": -1},
        {"blob": sha("2"), "parent": 4},
        {"blob": sha("7"), "parent": 3},
        {"blob": sha("a"), "parent": -1},
        {"blob": sha("8"), "parent": 2},
    ],
    "records": [
        {"digest": sha("3")},
        {
            "layers": [{"layer": 2, "createdAt": "2026-11-24T14:30:51.392767983Z"}],
            "digest": sha("4"),
            "inputs": [[{"link": 4}, {"link": 5}], [{"link": 7}]],
        },
        {
            "layers": [{"layer": 1, "createdAt": "2026-11-24T14:30:51.411607841Z"}],
            "digest": sha("5"),
            "inputs": [[{"link": 6}], [{"link": 3}]],
        },
        {"layers": [{"layer": 0, "createdAt": "2026-11-24T14:30:51.371809764Z"}], "digest": sha("6")},
        {"chains": [{"layers": [3, 0], "createdAt": ""}], "digest": sha("9")},
    ],
}


def test_buildkits_own_is_understood() -> None:
    found = {one.digest: [places for places, _ in one.results] for one in config_from_json(BUILDKITS).records}
    assert found == {sha("3"): [], sha("4"): [(3, 2)], sha("5"): [(3, 2, 4, 1)], sha("6"): [(0,)], sha("9"): [(3, 0)]}


def test_ours_is_read_again() -> None:
    config = CacheConfig(
        (CacheLayer(sha("a")), CacheLayer(sha("b"), 0)),
        (CacheRecord(sha("1"), (((0,), "t"),)), CacheRecord(sha("2"), (((0, 1), "u"),), ((0,),))),
    )
    again = config_from_json(json.loads(json.dumps(config.to_json())))
    assert again.layers == config.layers
    assert [(one.digest, one.results) for one in again.records] == [(one.digest, one.results) for one in config.records]


@pytest.mark.parametrize(
    "value",
    [
        [],
        {"layers": 1},
        {"layers": [{"blob": 1}]},
        {"layers": [{"blob": sha("a"), "parent": 0}], "records": [{"layers": [{"layer": 0}]}]},
        {"layers": [{"blob": "a", "parent": 1}, {"blob": "b", "parent": 0}], "records": [{"layers": [{"layer": 1}]}]},
        {"layers": [], "records": [{"layers": [{"layer": 0}]}]},
        {"layers": [], "records": [{"layers": [{"layer": -2}]}]},
        {"layers": [], "records": [{"chains": [{"layers": [5]}]}]},
        {"layers": [], "records": [{"chains": [{"layers": "x"}]}]},
        {"records": 3},
    ],
)
def test_what_makes_no_sense_is_refused(value: Any) -> None:
    with pytest.raises(InvalidParameter):
        config_from_json(value)


def manifest(config: bytes, *layers: Descriptor, size: int = 0) -> bytes:
    told = Descriptor("application/vnd.buildkit.cacheconfig.v0", digest_of(config), size or len(config))
    return json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": told.to_json(),
            "layers": [one.to_json() for one in layers],
        }
    ).encode()


async def test_layers_without_a_diff_id_are_none() -> None:
    config = json.dumps(
        {"layers": [{"blob": sha("a"), "parent": -1}], "records": [{"digest": sha("1"), "layers": [{"layer": 0}]}]}
    )

    async def read(blob: Descriptor) -> bytes:
        assert blob.digest == digest_of(config.encode())
        return config.encode()

    bare = Descriptor("application/vnd.oci.image.layer.v1.tar+gzip", sha("a"), 5)
    assert not (await read_cache(manifest(config.encode(), bare), read)).results
    whole = bare._replace(annotations={"containerd.io/uncompressed": sha("b")})
    cache = await read_cache(manifest(config.encode(), whole), read)
    assert [step.diff_id for step in cache.find("1" * 64)[0].layers] == [sha("b")]


@pytest.mark.parametrize(
    "root",
    [b"{", b"[]", b'{"mediaType":"text/plain"}', b'{"layers":[{}]}', b'{"manifests":1}', manifest(b"x", size=2**30)],
)
async def test_what_is_no_cache_is_refused(root: bytes) -> None:
    async def read(blob: Descriptor) -> bytes:
        raise AssertionError(blob)

    with pytest.raises(InvalidParameter):
        await read_cache(root, read)
