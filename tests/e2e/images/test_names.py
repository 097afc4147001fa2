"""`docker tag`, `docker rmi`."""

import re
from collections.abc import Callable, Iterator

import pytest
from tests.support.client import Docker


@pytest.fixture
def image(docker: Docker) -> Iterator[str]:
    """An image of the test's own, by commit."""
    container = docker("create", "busybox")
    docker("commit", container, "own:1")
    docker("rm", container)
    yield "own:1"
    docker.result("rmi", "-f", "own:1")


@pytest.mark.row("C5")
def test_two_names_have_one_id(docker: Docker, image: str) -> None:
    identity = docker("images", "-q", image)
    docker("tag", identity, "host.example/repo:tag")
    try:
        shown = docker("images", "--format", "{{.Repository}}:{{.Tag}} {{.ID}}").splitlines()
        assert f"own:1 {identity}" in shown
        assert f"host.example/repo:tag {identity}" in shown
    finally:
        docker("rmi", "host.example/repo:tag")
    assert "No such image: nosuch" in docker.result("tag", "nosuch", "x").err
    result = docker.result("tag", image, "Upper/Case")
    assert result.code == 1
    assert re.search("repository name must be lowercase|invalid reference format", result.err)


@pytest.mark.row("C6")
def test_rmi_untags_and_then_deletes(docker: Docker, image: str) -> None:
    identity = docker.field(image, "{{.Id}}")
    docker("tag", image, "host.example/repo:tag")
    assert docker("rmi", "host.example/repo:tag") == "Untagged: host.example/repo:tag"
    lines = docker("rmi", image).splitlines()
    assert lines[0] == "Untagged: own:1"
    assert lines[1] == f"Deleted: {identity}"
    assert docker.result("image", "inspect", identity).code == 1


@pytest.mark.row("C6")
def test_rmi_by_id_with_two_names_needs_force(docker: Docker, image: str) -> None:
    identity = docker.field(image, "{{.Id}}")
    docker("tag", image, "second:1")
    result = docker.result("rmi", identity)
    assert result.code == 1
    assert "image is referenced in multiple repositories" in result.err
    shown = docker("rmi", "-f", identity)
    assert {"Untagged: own:1", "Untagged: second:1", f"Deleted: {identity}"} <= set(shown.splitlines())


@pytest.mark.row("C6")
def test_an_image_in_use_is_kept(docker: Docker, image: str, sleeper: Callable[..., str]) -> None:
    running = docker("run", "-d", image, "sleep", "1000")
    result = docker.result("rmi", image)
    assert result.code == 1
    assert "conflict: unable to remove repository reference" in result.err
    assert f"container {running[:12]} is using its referenced image" in result.err
    docker("stop", "-t", "0", running)
    result = docker.result("rmi", docker("images", "-q", image))
    assert "image is being used by stopped container" in result.err
    docker("rm", running)
    assert f"Untagged: {image}" in docker("rmi", image)
    assert "No such image: own:1" in docker.result("rmi", image).err
