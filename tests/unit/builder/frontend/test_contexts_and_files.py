"""Named contexts, and which files of a context are asked for."""

import pytest

from dockyard.builder.frontend.contexts import contexts_of, parse_context
from dockyard.builder.frontend.follow import followed
from dockyard.builder.graph import Base, BindMount, LocalTree, Run, Selection, Transfer, Vertex
from dockyard.errors import InvalidParameter
from dockyard.spec.image.descriptor import Platform


@pytest.mark.parametrize(
    ("value", "kind", "rest"),
    [
        ("docker-image://busybox:1", "image", "busybox:1"),
        ("local:src", "local", "src"),
        ("input:dep", "input", "dep"),
        ("https://h/r.git#main:sub", "git", "https://h/r.git#main:sub"),
        ("git@h:o/r", "git", "git@h:o/r"),
        ("https://h/a.tar", "http", "https://h/a.tar"),
        ("oci-layout://x@sha256:" + "0" * 64, "layout", "x@sha256:" + "0" * 64),
    ],
)
def test_kinds(value, kind, rest):
    found = parse_context("n", value)
    assert (found.kind, found.value) == (kind, rest)


@pytest.mark.parametrize("value", ["nothing", "ftp://x/y", "oci-layout://x"])
def test_what_is_none(value):
    with pytest.raises(InvalidParameter):
        parse_context("n", value)


def test_a_context_for_one_platform_wins_there():
    given = {"n": "local:all", "n::linux/arm64": "local:arm", "m::linux/s390x": "local:z"}
    assert contexts_of(given, Platform("arm64", "linux"))["n"].value == "arm"
    assert contexts_of(given, Platform("amd64", "linux")) == {"n": parse_context("n", "local:all")}


def copied(*paths: str, name: str = "context") -> Vertex:
    return Vertex(Transfer("COPY", (Selection(1, paths),), "/"), (Vertex(Base(None)), Vertex(LocalTree(name))))


def test_only_what_is_read_is_asked_for():
    other = copied("../b/*.c", "/a/", name="context")
    mounts = (BindMount("/m", 1, "sub/./x"),)
    run = Vertex(Run(("true",), (), "/", "", mounts=mounts), (other, Vertex(LocalTree("context"))))
    assert followed((run,), "context") == ("a", "b/*.c", "sub/x")
    assert followed((run,), "else") == ()


@pytest.mark.parametrize("path", [".", "/", "a/.."])
def test_the_whole_is_asked_for_without_paths(path):
    assert followed((copied("b", path),), "context") == ()
