"""Image configurations: there and back without loss, and errors that name the place."""

import json

import pytest

from dockyard.errors import InvalidParameter
from dockyard.spec.image import image_from_json, image_to_json

DOCUMENT = {
    "architecture": "arm64",
    "variant": "v8",
    "author": "me",
    "comment": "c",
    "container": "f" * 64,
    "config": {
        "User": "u",
        "ExposedPorts": {"80/tcp": {}},
        "Env": ["A=1"],
        "Cmd": [],
        "Entrypoint": ["/x"],
        "Healthcheck": {
            "Test": ["CMD", "x"],
            "Interval": 1,
            "Timeout": 2,
            "StartPeriod": 3,
            "StartInterval": 4,
            "Retries": 5,
        },
        "ArgsEscaped": True,
        "Volumes": {"/v": {}},
        "WorkingDir": "/w",
        "OnBuild": ["RUN x"],
        "Labels": {"k": "v"},
        "StopSignal": "SIGINT",
        "Shell": ["/bin/bash", "-c"],
        "StopTimeout": 0,
    },
    "created": "2024-01-02T03:04:05.123456789Z",
    "docker_version": "20.10",
    "history": [{"created": "2024-01-02T03:04:05Z", "created_by": "x", "empty_layer": True}, {"comment": "y"}],
    "os": "linux",
    "os.version": "1",
    "rootfs": {"type": "layers", "diff_ids": ["sha256:" + "0" * 64]},
}


def test_there_and_back() -> None:
    assert image_to_json(image_from_json(DOCUMENT)) == DOCUMENT


def test_an_unset_command_is_not_an_empty_one() -> None:
    unset = image_from_json({**DOCUMENT, "config": {"Cmd": None}})
    assert unset.config.cmd is None
    assert "Cmd" not in image_to_json(unset)["config"]
    assert image_from_json({**DOCUMENT, "config": {"Cmd": []}}).config.cmd == ()


def test_null_is_the_zero_value_as_in_go() -> None:
    nulls = json.loads(json.dumps({**DOCUMENT, "config": None, "history": None, "author": None, "created": None}))
    image = image_from_json(nulls)
    assert (image.author, image.created, image.history, image.config.env) == ("", "", (), ())


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ([], "image configuration: expected an object, got list"),
        ({}, "invalid image JSON, no RootFS key"),
        ({**DOCUMENT, "os": 1}, "os: expected a string, got int"),
        ({**DOCUMENT, "rootfs": {"diff_ids": "x"}}, "rootfs.diff_ids: expected a list of strings, got str"),
        ({**DOCUMENT, "config": {"Env": [1]}}, "config.Env: expected a list of strings, got list"),
        ({**DOCUMENT, "config": {"Labels": {"a": 1}}}, "config.Labels: expected an object of strings, got dict"),
        ({**DOCUMENT, "config": {"ExposedPorts": ["80"]}}, "config.ExposedPorts: expected an object, got list"),
        ({**DOCUMENT, "config": {"Healthcheck": {"Retries": "3"}}}, "config.Healthcheck.Retries: expected a number"),
        ({**DOCUMENT, "history": [{"empty_layer": 1}]}, "history.empty_layer: expected a boolean, got int"),
        ({**DOCUMENT, "history": ["x"]}, "history[0]: expected an object, got str"),
    ],
)
def test_wrong_types_are_named(document: object, message: str) -> None:
    with pytest.raises(InvalidParameter) as raised:
        image_from_json(document)
    assert str(raised.value).startswith(message)
