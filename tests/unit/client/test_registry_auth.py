"""What `docker login` has left: found by each name of a registry, and never a traceback, whatever is in the file."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from dockyard.client.credentials.stored import auth_headers


def sent(home: Path, image: str, config: object) -> Any:
    """The AuthConfig that goes with a transfer of `image`; None for none."""
    (home / "config.json").write_text(json.dumps(config))
    headers = auth_headers(image, {"DOCKER_CONFIG": str(home), "PATH": str(home)})
    return json.loads(base64.urlsafe_b64decode(headers["X-Registry-Auth"])) if headers else None


@pytest.mark.parametrize("key", ["ghcr.io", "https://ghcr.io", "https://ghcr.io/v1/"])
def test_found(tmp_path: Path, key: str) -> None:
    config = {"auths": {"other.example": {"auth": "no"}, key: {"auth": "yes"}}}
    assert sent(tmp_path, "ghcr.io/a/b", config) == {"auth": "yes", "serveraddress": "ghcr.io"}
    assert sent(tmp_path, "busybox", config) is None


@pytest.mark.parametrize("config", [{"auths": ["ghcr.io"]}, {"credHelpers": "x", "auths": "y"}, {"auths": {"a": 1}}, 5])
def test_nonsense_is_nobody(tmp_path: Path, config: object) -> None:
    assert sent(tmp_path, "ghcr.io/a/b", config) is None


@pytest.mark.parametrize(("answer", "expected"), [
    ('["Username"]', None), ("not JSON", None), ("5", None),
    ('{"Username": "u", "Secret": "s"}', {"username": "u", "password": "s", "serveraddress": "ghcr.io"}),
])  # fmt: skip
def test_helpers(tmp_path: Path, answer: str, expected: object) -> None:
    program = tmp_path / "docker-credential-x"
    program.write_text(f"#!/bin/sh\necho '{answer}'\n")
    program.chmod(0o755)
    assert sent(tmp_path, "ghcr.io/a/b", {"credHelpers": {"ghcr.io": "x"}}) == expected
