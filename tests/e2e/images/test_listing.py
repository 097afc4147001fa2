"""`docker images`, `docker image ls`, `docker history`, `docker image inspect`."""

import re

import pytest
from tests.support.client import Docker


@pytest.mark.row("A3", "A5")
def test_images_lists_repository_tag_id_age_size(docker: Docker) -> None:
    for command in (["images"], ["image", "ls"]):
        header, *lines = docker(*command).splitlines()
        assert re.split(r"\s{2,}", header) == ["REPOSITORY", "TAG", "IMAGE ID", "CREATED", "SIZE"]
        line = next(line for line in lines if line.startswith("busybox"))
        assert re.fullmatch(r"busybox\s+latest\s+[0-9a-f]{12}\s+\d+ (months|years) ago\s+[\d.]+MB", line)


@pytest.mark.row("A3")
def test_the_tag_is_latest_where_none_is_given(docker: Docker) -> None:
    docker("tag", "busybox", "host.example:5000/some/app")
    try:
        assert docker("images", "--format", "{{.Repository}}:{{.Tag}}", "host.example:5000/some/app") == (
            "host.example:5000/some/app:latest"
        )
        assert docker("run", "--rm", "host.example:5000/some/app", "echo", "runs") == "runs"
        assert docker.field("host.example:5000/some/app", "{{.Id}}") == docker.field("busybox:latest", "{{.Id}}")
    finally:
        docker("rmi", "host.example:5000/some/app")


def test_filters(docker: Docker) -> None:
    docker("image", "prune", "-f")  # what other tests have built
    assert docker("images", "-q", "-f", "dangling=true") == ""
    assert docker("images", "-q", "-f", "reference=busy*")
    assert docker("images", "-q", "-f", "reference=nosuch*") == ""
    result = docker.result("images", "-f", "danging=true")
    assert result.code == 1
    assert "invalid filter 'danging'" in result.err.lower()


@pytest.mark.row("C13")
def test_history_has_a_row_for_each_step(docker: Docker) -> None:
    container = docker("create", "busybox", "true")
    docker("commit", "-m", "a comment", "-c", "ENV A=1", container, "child")
    try:
        header, top, bottom = docker("history", "child").splitlines()
        assert re.split(r"\s{2,}", header) == ["IMAGE", "CREATED", "CREATED BY", "SIZE", "COMMENT"]
        assert top.split()[0] == docker("images", "-q", "child")
        assert "a comment" in top
        assert bottom.split()[0] in ("<missing>", docker("images", "-q", "busybox"))
        assert "busybox-static" in bottom
    finally:
        docker("rm", container)
        docker("rmi", "child")
    assert docker("history", "-q", "busybox").split()[0] == docker("images", "-q", "busybox")


def test_inspect_shows_config_and_layers(docker: Docker) -> None:
    shown = docker.inspect("busybox", "--type", "image")
    assert shown["RepoTags"] == ["busybox:latest"]
    assert (shown["Os"], shown["Config"]["Cmd"]) == ("linux", ["sh"])
    assert shown["RootFS"]["Type"] == "layers"
    assert [layer[:7] for layer in shown["RootFS"]["Layers"]] == ["sha256:"]
    assert shown["Created"] == "2024-01-02T03:04:05Z"
    result = docker.result("image", "inspect", "nosuch")
    assert result.code == 1
    assert "No such image: nosuch" in result.err
