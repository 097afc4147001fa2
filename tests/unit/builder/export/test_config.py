"""Configurations of exported images: history and times."""

import json
from typing import Any

import pytest

from dockyard.builder.export.config import LayerNote, finished_config
from dockyard.errors import InvalidParameter
from dockyard.spec.image.descriptor import Platform

AMD64 = Platform("amd64", "linux")
LAYERS = [LayerNote("sha256:a", "2020-01-01T00:00:00Z", "one"), LayerNote("sha256:b", "2021-01-01T00:00:00Z", "two")]


def finished(history: Any, layers: list[LayerNote] = LAYERS, **options: Any) -> Any:
    config = json.dumps({"architecture": "amd64", "os": "linux", "config": {}, "history": history}).encode()
    return json.loads(finished_config(config, AMD64, layers, **options))


EMPTY = {"created_by": "ENV", "empty_layer": True}


@pytest.mark.parametrize(
    ("history", "times"),
    [
        # As containerd's image store of Docker 28 has them: before the first new layer its time, then the last one's.
        ([EMPTY, {}, EMPTY, {}, EMPTY], ["2020", "2020", "2020", "2021", "2021"]),
        ([{"created": "1999-01-01T00:00:00Z"}, EMPTY, {}], ["1999", "2021", "2021"]),
        ([{}, {}], ["2020", "2021"]),
        ([], ["2020", "2021"]),
        ([{}, {}, {}], ["2020", "2021", "2021"]),
    ],
)
def test_steps_get_the_times_of_their_layers(history: Any, times: list[str]) -> None:
    told = finished(history)
    assert [one["created"][:4] for one in told["history"]] == times
    assert told["created"][:4] == times[-1]
    assert sum(not one.get("empty_layer") for one in told["history"]) == 2


def test_layers_that_nobody_told_of_are_told_of() -> None:
    told = finished([])
    assert [(one["created_by"], one["comment"]) for one in told["history"]] == [
        ("one", "buildkit.exporter.image.v0"),
        ("two", "buildkit.exporter.image.v0"),
    ]


def test_an_epoch_holds_for_all_but_the_base() -> None:
    base = json.dumps({"history": [{"created": "2020-01-01T00:00:00Z", "created_by": "base"}]}).encode()
    history = [{"created": "2020-01-01T00:00:00Z", "created_by": "base"}, {"created_by": "own"}]
    told = finished(history, base_config=base, epoch_seconds=0)
    assert [one["created"] for one in told["history"]] == ["2020-01-01T00:00:00Z", "1970-01-01T00:00:00Z"]
    assert told["created"] == "1970-01-01T00:00:00Z"


def test_without_a_configuration_there_is_a_plain_one() -> None:
    told = json.loads(finished_config(b"", Platform("arm64", "linux", "v9"), LAYERS))
    assert (told["architecture"], told["variant"], told["os"]) == ("arm64", "v9", "linux")
    assert told["rootfs"]["diff_ids"] == ["sha256:a", "sha256:b"]


@pytest.mark.parametrize("config", [b"{", b"[]", b'{"os":"linux"}', b'{"architecture":"a"}', b'{"history":1}'])
def test_what_is_no_configuration_is_refused(config: bytes) -> None:
    with pytest.raises(InvalidParameter):
        finished_config(config, AMD64, LAYERS)


def test_keys_are_in_order_and_unknown_ones_stay() -> None:
    data = finished_config(b'{"os":"linux","architecture":"amd64","zzz":1,"config":{}}', AMD64, LAYERS, cache=b"[]")
    assert list(json.loads(data)) == sorted(json.loads(data))
    assert json.loads(data)["moby.buildkit.cache.v0"] == "W10="
