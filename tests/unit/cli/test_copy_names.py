"""The rules of `docker cp` for names, as its documentation has them."""

import pytest

from dockyard.cli.copy.names import arrival, keep_end, renaming, split_argument, split_end
from dockyard.errors import InvalidParameter


@pytest.mark.parametrize(
    ("argument", "split"),
    [
        ("web:/etc", ("web", "/etc")),
        ("web:etc/x:y", ("web", "etc/x:y")),
        ("web:", ("web", "")),
        ("./web:x", ("", "./web:x")),
        ("/a:b", ("", "/a:b")),
        ("../a:b", ("", "../a:b")),
        ("file", ("", "file")),
        ("-", ("", "-")),
    ],
)
def test_which_side_an_argument_is(argument: str, split: tuple[str, str]) -> None:
    assert split_argument(argument) == split


@pytest.mark.parametrize(
    ("clean", "original", "kept"),
    [
        ("/a", "a/", "/a/"),
        ("/a", "a/.", "/a/."),
        ("/a", "a/./", "/a/./"),
        ("/a", "a", "/a"),
        ("/", "/", "/"),
        ("/w", ".", "/w/."),
        ("/", "/.", "/."),
    ],
)
def test_the_end_of_a_path_is_kept(clean: str, original: str, kept: str) -> None:
    assert keep_end(clean, original) == kept


@pytest.mark.parametrize(
    ("path", "parts"),
    [("/a/b", ("/a", "b")), ("/a/b/", ("/a", "b")), ("/a/.", ("/a", ".")), ("/", ("/", "/")), ("b", (".", "b"))],
)
def test_last_part(path: str, parts: tuple[str, str]) -> None:
    assert split_end(path) == parts


@pytest.mark.parametrize(
    ("path", "exists", "is_directory", "from_directory", "lands"),
    [
        ("/there", True, True, True, ("/there", "")),
        ("/there", True, True, False, ("/there", "")),
        ("/there", True, False, False, ("/", "there")),
        ("/there", False, False, True, ("/", "there")),
        ("/there/", False, False, True, ("/", "there")),
        ("/a/there", False, False, False, ("/a", "there")),
    ],
)
def test_where_a_copy_arrives(
    path: str, exists: bool, is_directory: bool, from_directory: bool, lands: tuple[str, str]
) -> None:
    found = arrival(path, exists=exists, is_directory=is_directory, source_is_directory=from_directory)
    assert (found.directory, found.name) == lands


def test_what_cannot_be_copied() -> None:
    with pytest.raises(InvalidParameter, match=r"^cannot copy directory$"):
        arrival("/file", exists=True, is_directory=False, source_is_directory=True)
    with pytest.raises(InvalidParameter, match=r"^no such directory$"):
        arrival("/nowhere/", exists=False, is_directory=False, source_is_directory=False)


@pytest.mark.parametrize(
    ("old", "new", "name", "renamed"),
    [
        ("etc", "x", b"etc/", b"x/"),
        ("etc", "x", b"etc/passwd", b"x/passwd"),
        ("etc", "x", b"etcetera", b"etcetera"),
        (".", "x", b"./a", b"x/a"),
        ("/", "x", b"/bin/sh", b"x/bin/sh"),
    ],
)
def test_renaming(old: str, new: str, name: bytes, renamed: bytes) -> None:
    assert renaming(old, new)(name) == renamed
