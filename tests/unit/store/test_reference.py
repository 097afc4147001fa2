"""References: the grammar, both forms, and Docker's words for what is wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dockyard.errors import InvalidParameter
from dockyard.store.distribution.reference import is_identifier, parse_reference

HEX = "f" * 64


@pytest.mark.parametrize(
    ("text", "canonical", "familiar"),
    [
        ("busybox", "docker.io/library/busybox", "busybox"),
        ("busybox:1.36", "docker.io/library/busybox:1.36", "busybox:1.36"),
        ("user/app", "docker.io/user/app", "user/app"),
        ("docker.io/library/busybox", "docker.io/library/busybox", "busybox"),
        ("index.docker.io/busybox", "docker.io/library/busybox", "busybox"),
        ("docker.io/user/app:x", "docker.io/user/app:x", "user/app:x"),
        ("localhost/app", "localhost/app", "localhost/app"),
        ("localhost:5000/a/b:t", "localhost:5000/a/b:t", "localhost:5000/a/b:t"),
        ("host.example/x", "host.example/x", "host.example/x"),
        ("HOST/x", "HOST/x", "HOST/x"),
        ("[::1]:5000/x:y", "[::1]:5000/x:y", "[::1]:5000/x:y"),
        ("a.b/c__d/e-f--g", "a.b/c__d/e-f--g", "a.b/c__d/e-f--g"),
        (f"x@sha256:{HEX}", f"docker.io/library/x@sha256:{HEX}", f"x@sha256:{HEX}"),
        (f"x:t@sha256:{HEX}", f"docker.io/library/x:t@sha256:{HEX}", f"x:t@sha256:{HEX}"),
        ("docker.io/library/a/b", "docker.io/library/a/b", "library/a/b"),
    ],
)
def test_good_references(text: str, canonical: str, familiar: str) -> None:
    reference = parse_reference(text)
    assert (str(reference), reference.familiar) == (canonical, familiar)
    assert parse_reference(reference.familiar) == reference
    assert parse_reference(str(reference)) == reference


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "invalid reference format"),
        (":tag", "invalid reference format"),
        ("a//b", "invalid reference format"),
        ("a/", "invalid reference format"),
        ("a:", "invalid reference format"),
        ("a:b:c", "invalid reference format"),
        ("-a", "invalid reference format"),
        ("a_-b", "invalid reference format"),
        ("a@sha256:123", "invalid reference format"),
        ("a b", "invalid reference format"),
        ("a:" + "t" * 129, "invalid reference format"),
        ("a\n", "invalid reference format"),
        ("Busybox", "invalid reference format: repository name (library/Busybox) must be lowercase"),
        ("h.example/A/b", "invalid reference format: repository name (A/b) must be lowercase"),
        ("a" * 256, "repository name must not be more than 255 characters"),
        (HEX, f"invalid repository name ({HEX}), cannot specify 64-byte hexadecimal strings"),
        (f"a@md5:{'0' * 32}", "unsupported digest algorithm"),
        (f"a@sha256:{'0' * 63}", "invalid checksum digest length"),
    ],
)
def test_bad_references(text: str, message: str) -> None:
    with pytest.raises(InvalidParameter) as raised:
        parse_reference(text)
    assert str(raised.value) == message


def test_the_default_tag_is_for_plain_names_only() -> None:
    assert parse_reference("a").with_default_tag().tag == "latest"
    assert parse_reference("a:b").with_default_tag().tag == "b"
    assert parse_reference(f"a@sha256:{HEX}").with_default_tag().tag == ""


def test_identifiers() -> None:
    assert is_identifier(HEX)
    assert is_identifier(f"sha256:{HEX}")
    assert not is_identifier(HEX[:-1])


@given(st.text(max_size=80))
def test_nothing_but_our_own_error_comes_out(text: str) -> None:
    try:
        reference = parse_reference(text)
    except InvalidParameter:
        return
    assert parse_reference(str(reference)) == reference
    assert parse_reference(reference.familiar) == reference


@pytest.mark.parametrize("tag", ["", "a b", ".x", "-x", "x" * 129, "a/b", "ä"])
def test_bad_tags(tag: str) -> None:
    with pytest.raises(InvalidParameter, match="invalid tag format"):
        parse_reference("a").with_tag(tag)
