"""Messages survive their JSON."""

import json

import pytest

from dockyard.fs.mount import Mount
from dockyard.shim.messages import (
    ClientSettings,
    CreateRequest,
    ExternalRuntime,
    LogSettings,
    client_from_json,
    client_to_json,
    create_from_json,
    create_to_json,
)


@pytest.mark.parametrize(
    "request_",
    [
        CreateRequest("id", "/run/x/shims/id"),
        CreateRequest(
            "id",
            "/b",
            (Mount("overlay", "overlay", "/m", ("lowerdir=a:b", "ro"), "/l"), Mount("bind", "/a", "/b", ("rbind",))),
            LogSettings("json-file", "/log", 10, 3, {"tag": "x"}),
            tty=True,
            open_stdin=True,
            stdin_once=True,
            runtime=ExternalRuntime("/usr/bin/runc", ("--debug",)),
            start=False,
        ),
    ],
)
def test_create(request_: CreateRequest) -> None:
    assert create_from_json(json.loads(json.dumps(create_to_json(request_)))) == request_


def test_client() -> None:
    settings = ClientSettings(("stdin",), False, bytes(range(256)), b"\x10\x11", True)
    assert client_from_json(json.loads(json.dumps(client_to_json(settings)))) == settings
