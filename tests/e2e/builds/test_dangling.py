"""An image whose name a later build takes: `<none>`, until somebody removes it."""

import pytest
from tests.support.build import Builder


@pytest.mark.row("C8")
def test_what_a_rebuild_leaves_is_dangling(build: Builder) -> None:
    docker = build.docker

    def dangling() -> list[str]:
        return docker("images", "-q", "--no-trunc", "-f", "dangling=true").split()

    docker("image", "prune", "-f")
    first = build("FROM busybox\nRUN echo 1 > /version", None, "-t", "rebuilt:1")
    assert dangling() == []
    second = build("FROM busybox\nRUN echo 2 > /version", None, "-t", "rebuilt:1")
    assert dangling() == [first]
    assert docker("images", "rebuilt", "-q", "--no-trunc") == second
    assert f"Deleted: {first}" in docker("rmi", *dangling())
    build("FROM busybox\nRUN echo 3 > /version", None, "-t", "rebuilt:1")
    assert dangling() == [second]
    assert f"deleted: {second}" in docker("image", "prune", "-f")
    assert dangling() == []
