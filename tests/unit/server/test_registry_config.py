"""X-Registry-Config: credentials are found by whichever name a client has for a registry."""

import base64
import json

import pytest

from dockyard.server.docker.registry_config import registry_config
from dockyard.store.distribution.reference import parse_reference


def name_at(image: str, *registries: str) -> str:
    """Who the client is at the registry of `image`; it has a name of its own at each of `registries`."""
    document = {registry: {"username": f"at {registry.replace(':', '')}", "password": "p"} for registry in registries}
    header = base64.urlsafe_b64encode(json.dumps(document).encode()).decode()
    return registry_config(header)(parse_reference(image)).username


@pytest.mark.parametrize(
    ("image", "registry"),
    [
        ("busybox", "https://index.docker.io/v1/"),
        ("busybox", "docker.io"),
        ("busybox", "registry-1.docker.io"),
        ("ghcr.io/a/b", "ghcr.io"),
        ("ghcr.io/a/b", "https://ghcr.io"),
        ("ghcr.io/a/b", "https://ghcr.io/v1/"),
        ("localhost:5000/a", "http://localhost:5000/v2/"),
    ],
)
def test_found(image: str, registry: str) -> None:
    assert name_at(image, registry, "other.example") == f"at {registry.replace(':', '')}"


def test_a_plain_name_counts_more() -> None:
    assert name_at("ghcr.io/a/b", "ghcr.io", "https://ghcr.io") == "at ghcr.io"
    assert name_at("ghcr.io/a/b", "https://ghcr.io", "ghcr.io") == "at ghcr.io"


def test_nobody() -> None:
    assert name_at("ghcr.io/a/b", "https://index.docker.io/v1/", "") == ""
    assert name_at("busybox", "") == ""
    assert not registry_config("bm9uc2Vuc2U")(parse_reference("busybox"))
