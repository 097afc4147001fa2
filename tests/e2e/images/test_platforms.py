"""One image for several platforms: loaded, looked at, saved and removed, by platform and as a whole.

As Docker with containerd's image store does it (what is asserted here was seen at 28.5.2); its graph drivers refuse it.
"""

import json
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support.client import Docker
from tests.support.http import request
from tests.support.platform_archive import platform_archive

pytestmark = pytest.mark.dockyard_only

PLATFORMS = ("linux/amd64", "linux/arm64", "linux/arm/v7")


@pytest.fixture
def archive(tmp_path: Path, docker: Docker) -> Iterator[Path]:
    path = tmp_path / "several.tar"
    digests = platform_archive(path, "several:1", PLATFORMS, attested=True)
    path.with_suffix(".json").write_text(json.dumps(digests))
    yield path
    remove(docker)


def remove(docker: Docker) -> None:
    for name in docker("images", "-q", "--no-trunc", "--filter", "reference=several").split():
        docker.result("rmi", "-f", name)
    for name in docker("images", "-aq", "--filter", "label=platform").split():
        docker.result("rmi", "-f", name)


def digests_of(archive: Path) -> dict[str, str]:
    found: dict[str, str] = json.loads(archive.with_suffix(".json").read_text())
    return found


def get(docker: Docker, path: str) -> Any:
    answer = request(docker.socket, "GET", path)
    assert answer.status == 200, answer
    return answer.json()


def index_of(path: Path) -> dict[str, Any]:
    with tarfile.open(path) as archive:
        index: dict[str, Any] = json.load(archive.extractfile("index.json"))  # type: ignore[arg-type]
    return index


def platform_of(docker: Docker, *arguments: str) -> str:
    return docker("image", "inspect", *arguments, "-f", "{{.Config.Labels.platform}}", "several:1")


@pytest.mark.row("C2", "C3")
def test_all_platforms_are_loaded_and_each_can_be_looked_at(docker: Docker, archive: Path) -> None:
    assert docker("load", "-i", str(archive)) == "Loaded image: several:1"
    assert platform_of(docker) == "linux/amd64"
    for platform in PLATFORMS:
        assert platform_of(docker, "--platform", platform) == platform
        assert f"made for {platform}" in docker("history", "--no-trunc", "--platform", platform, "several:1")
    missing = docker.result("image", "inspect", "--platform", "linux/s390x", "several:1")
    assert (missing.code, missing.err.strip()) == (
        1,
        (
            "Error response from daemon: image with reference several:1 was found but does not provide the specified "
            "platform (linux/s390x)"
        ),
    )


def test_what_there_is_of_each_platform(docker: Docker, archive: Path) -> None:
    docker("load", "-i", str(archive))
    digests = digests_of(archive)
    container = docker("create", "several:1", "x")
    [line] = [one for one in get(docker, "/v1.51/images/json?manifests=1") if "several:1" in one["RepoTags"]]
    inspected = get(docker, "/v1.51/images/several:1/json?manifests=1")
    assert inspected["Manifests"] == line["Manifests"]
    assert inspected["Descriptor"]["digest"] == line["Descriptor"]["digest"] == digests["index"]
    *images, attestation = line["Manifests"]
    assert [one["ID"] for one in images] == [digests[platform] for platform in PLATFORMS]
    assert [one["ImageData"]["Platform"].get("variant") for one in images] == [None, None, "v7"]
    assert all(one["Available"] and one["Kind"] == "image" for one in images)
    assert all(one["Size"]["Total"] == one["Size"]["Content"] + one["ImageData"]["Size"]["Unpacked"] for one in images)
    assert [one["ImageData"]["Containers"] for one in images] == [[container], None, None]
    assert (attestation["Kind"], attestation["AttestationData"]) == ("attestation", {"For": digests["linux/amd64"]})
    assert "Manifests" not in get(docker, "/v1.51/images/several:1/json")
    assert "Descriptor" not in get(docker, "/v1.47/images/several:1/json?manifests=1")
    arm = get(docker, '/v1.51/images/several:1/json?platform=%7B"os":"linux","architecture":"arm64"%7D')
    assert (arm["Architecture"], arm["Descriptor"]["digest"]) == ("arm64", digests["linux/arm64"])


def test_statements_about_an_image(docker: Docker, archive: Path) -> None:
    docker("load", "-i", str(archive))
    [one] = get(docker, "/images/several:1/attestations")
    assert (one["PredicateType"], "Statement" in one) == ("https://slsa.dev/provenance/v1", False)
    assert one["Descriptor"]["mediaType"] == "application/vnd.in-toto+json"
    [whole] = get(docker, "/images/several:1/attestations?statement=true&type=https://slsa.dev/provenance/v1")
    assert whole["Statement"] == {"predicateType": "https://slsa.dev/provenance/v1", "predicate": {}}
    assert get(docker, "/images/several:1/attestations?type=https://spdx.dev/Document") == []
    arm = "%7B%22os%22:%22linux%22,%22architecture%22:%22arm64%22%7D"
    assert get(docker, f"/images/several:1/attestations?platform={arm}") == []
    assert request(docker.socket, "GET", "/images/several:1/attestations?platform=x").status == 400
    assert request(docker.socket, "GET", "/images/nope:1/attestations").status == 404


@pytest.mark.row("C2", "C3")
def test_one_platform_is_saved_or_all(docker: Docker, archive: Path, tmp_path: Path) -> None:
    docker("load", "-i", str(archive))
    digests = digests_of(archive)
    docker("save", "--platform", "linux/arm64", "-o", str(tmp_path / "one.tar"), "several:1")
    [entry] = index_of(tmp_path / "one.tar")["manifests"]
    assert entry["platform"] == {"architecture": "arm64", "os": "linux"}
    docker("save", "-o", str(tmp_path / "all.tar"), "several:1")
    [entry] = index_of(tmp_path / "all.tar")["manifests"]
    assert entry["digest"] == digests["index"]
    with tarfile.open(tmp_path / "all.tar") as saved, tarfile.open(archive) as original:
        blobs = {name for name in original.getnames() if name.startswith("blobs/sha256/")}
        assert blobs <= set(saved.getnames())
    missing = docker.result("save", "--platform", "linux/s390x", "-o", str(tmp_path / "none.tar"), "several:1")
    assert "does not provide the specified platform (linux/s390x)" in missing.err
    remove(docker)
    docker("load", "-i", str(tmp_path / "all.tar"))
    assert [platform_of(docker, "--platform", platform) for platform in PLATFORMS] == list(PLATFORMS)
    remove(docker)
    docker("load", "-i", str(tmp_path / "one.tar"))
    assert platform_of(docker) == "linux/arm64"


@pytest.mark.row("C3")
def test_one_platform_is_loaded(docker: Docker, archive: Path) -> None:
    missing = docker.result("load", "--platform", "linux/s390x", "-i", str(archive))
    assert (missing.code, "does not provide the specified platform (linux/s390x)" in missing.err) == (1, True)
    assert docker.result("image", "inspect", "several:1").code == 1
    docker("load", "--platform", "linux/arm64", "-i", str(archive))
    assert platform_of(docker) == "linux/arm64"
    assert docker.result("image", "inspect", "--platform", "linux/amd64", "several:1").code == 1
    states = {
        one["ID"]: one["Available"] for one in get(docker, "/v1.51/images/several:1/json?manifests=1")["Manifests"]
    }
    digests = digests_of(archive)
    assert [states[digests[platform]] for platform in PLATFORMS] == [False, True, False]
    docker("load", "-i", str(archive))
    assert platform_of(docker) == "linux/amd64"
    assert platform_of(docker, "--platform", "linux/arm64") == "linux/arm64"


def test_one_platform_is_removed(docker: Docker, archive: Path) -> None:
    docker("load", "-i", str(archive))
    refused = docker.result("image", "rm", "--platform", "linux/amd64", "several:1")
    assert "Content will be removed from all images referencing this variant" in refused.err
    docker("image", "rm", "--force", "--platform", "linux/amd64", "several:1")
    assert platform_of(docker) == "linux/arm64"
    docker("image", "rm", "--force", "--platform", "linux/arm64", "several:1")
    docker("image", "rm", "--force", "--platform", "linux/arm/v7", "several:1")
    assert docker.result("image", "inspect", "several:1").code == 1
