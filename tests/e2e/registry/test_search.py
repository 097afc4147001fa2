"""`docker search` and the look at a registry."""

import json

import pytest
from tests.e2e.registry.conftest import busybox_layer
from tests.peers.registry import RunningRegistry
from tests.support.client import Docker
from tests.support.faulty_registry import Answer, Asked, faulty_registry
from tests.support.http import request
from tests.support.packs import Pack, image_pack, index_pack, upload

FOUND = [
    {"name": "busybox", "description": "a small one", "star_count": 30, "is_official": True, "is_automated": False},
    {"name": "me/busybox", "description": "mine", "star_count": 2, "is_official": False, "is_automated": False},
]


@pytest.mark.row("C15")
def test_search(docker: Docker) -> None:
    def index(asked: Asked) -> Answer | None:
        if asked.path.startswith("/v1/search"):
            return Answer(body=json.dumps({"num_results": 2, "results": FOUND}).encode())
        return Answer(body=b"{}") if asked.path.startswith("/v1/_ping") else None

    with faulty_registry({}) as registry:
        registry.fault = index
        term = f"{registry.address}/busy"
        lines = docker("search", "--limit", "7", term).splitlines()
        assert lines[0].split() == ["NAME", "DESCRIPTION", "STARS", "OFFICIAL"]
        assert [line.split()[0] for line in lines[1:]] == ["busybox", "me/busybox"]
        assert any(asked.path == "/v1/search?q=busy&n=7" for asked in registry.asked)
        names = ("--format", "{{.Name}}")
        assert docker("search", *names, "--filter", "is-official=true", term) == "busybox"
        assert docker("search", *names, "--filter", "stars=3", term) == "busybox"
        refused = docker.result("search", "--limit", "101", term)
        assert (refused.code, "outside the range of [1, 100]" in refused.err) == (1, True)
        registry.fault = lambda asked: Answer(404, b"")
        assert docker.result("search", term).code == 1


def test_a_look_without_a_pull(docker: Docker, plain_registry: RunningRegistry, pushed: tuple[str, Pack]) -> None:
    name, pack = pushed
    media_type, data = pack.manifests[-1]
    answer = request(docker.socket, "GET", f"/v1.41/distribution/{name}/json")
    assert answer.json() == {
        "Descriptor": {"mediaType": media_type, "digest": pack.digest, "size": len(data)},
        "Platforms": [{"architecture": "amd64", "os": "linux"}],
    }
    index = index_pack({"linux/amd64": image_pack([busybox_layer()]), "linux/arm/v7": image_pack([busybox_layer()])})
    upload(plain_registry.address, f"{name.partition('/')[2]}-index", index, "latest")
    platforms = request(docker.socket, "GET", f"/v1.41/distribution/{name}-index/json").json()["Platforms"]
    assert [(one["architecture"], one.get("variant", "")) for one in platforms] == [("amd64", ""), ("arm", "v7")]
    missing = request(docker.socket, "GET", f"/v1.41/distribution/{name}:nosuch/json")
    assert (missing.status, missing.json()["message"]) == (404, "manifest unknown: manifest unknown")
