"""What every graph driver must do: the examples of its contract, and what a container on it sees.

A driver's test file subclasses the suite and makes the driver; layers are archives, results are compared through a
mount.
"""

import os
import stat
import tarfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.support.tarballs import Entry, directory, file, hardlink, info, node, symlink, tarball
from tests.support.trees import snapshot

from dockyard.errors import DockyardError, InvalidParameter
from dockyard.fs.archive.reader import TarReader
from dockyard.fs.archive.source import StreamSource
from dockyard.linux.mount import mount, umount
from dockyard.store.graphdriver import GraphDriver

WHITEOUT = ".wh."
OPAQUE = ".wh..wh..opq"


class GraphDriverSuite:
    """Tests of the contract; `driver` comes from the subclass's fixture."""

    def layer(self, driver: GraphDriver, name: str, parent: str | None, entries: Sequence[Entry]) -> str:
        driver.create(name, parent)
        done = driver.apply(name, TarReader(StreamSource([tarball(entries)])), lambda member, steps: None)
        if parent is not None:
            driver.inherit(name, parent, done.implied)
        return name

    @contextmanager
    def mounted(self, driver: GraphDriver, name: str) -> Iterator[Path]:
        mounts = driver.mounts(name)
        for each in mounts:
            assert sum(len(option) + 1 for option in each.options) < os.sysconf("SC_PAGE_SIZE")
            here = os.getcwd()
            try:
                if each.directory:
                    os.chdir(each.directory)
                mount(each.source, each.target, each.type, 0, ",".join(each.options))
            finally:
                os.chdir(here)
        try:
            yield Path(driver.root(name))
        finally:
            for each in reversed(mounts):
                umount(each.target)

    def names(self, root: Path) -> list[str]:
        return sorted(str(path.relative_to(root)) for path in root.rglob("*"))

    def container(self, driver: GraphDriver, parent: str | None) -> str:
        """A writable layer as the layer store makes it: never directly at the bottom."""
        driver.create("init", parent)
        driver.create("rw", "init")
        return "rw"

    def test_layers_are_seen_through_each_other(self, driver: GraphDriver) -> None:
        self.layer(driver, "one", None, [directory("d"), file("d/a", b"1"), file("both", b"lower")])
        self.layer(driver, "two", "one", [file("d/b", b"2"), file("both", b"upper")])
        with self.mounted(driver, self.container(driver, "two")) as root:
            assert self.names(root) == ["both", "d", "d/a", "d/b"]
            assert (root / "both").read_bytes() == b"upper"

    def test_a_container_changes_nothing_below(self, driver: GraphDriver) -> None:
        self.layer(driver, "one", None, [file("f", b"original"), file("gone", b"x")])
        with self.mounted(driver, self.container(driver, "one")) as root:
            (root / "f").write_bytes(b"changed")
            (root / "gone").unlink()
            (root / "new").write_bytes(b"new")
        driver.create("other-init", "one")
        driver.create("other", "other-init")
        with self.mounted(driver, "other") as root:
            assert self.names(root) == ["f", "gone"]
            assert (root / "f").read_bytes() == b"original"

    def test_whiteouts_hide_what_is_below(self, driver: GraphDriver) -> None:
        self.layer(
            driver, "one", None, [file("a", b""), directory("d"), file("d/x", b""), file("d/y", b""), symlink("l", "a")]
        )
        self.layer(driver, "two", "one", [file(f"{WHITEOUT}a"), file(f"d/{WHITEOUT}x"), file(f"{WHITEOUT}l")])
        self.layer(driver, "three", "two", [file("l", b"a file now")])
        with self.mounted(driver, self.container(driver, "three")) as root:
            assert self.names(root) == ["d", "d/y", "l"]
            assert (root / "l").read_bytes() == b"a file now"

    def test_whiteouts_of_what_is_not_there(self, driver: GraphDriver) -> None:
        self.layer(driver, "one", None, [file("a", b"")])
        self.layer(driver, "two", "one", [file(f"{WHITEOUT}nothing"), file(f"no/such/{WHITEOUT}thing")])
        with self.mounted(driver, self.container(driver, "two")) as root:
            # overlayfs lists a whiteout in a directory that no lower layer has; there's nothing behind the name.
            found = {name for name in self.names(root) if (root / name).exists()}
            assert found - {"no", "no/such"} == {"a"}

    @pytest.mark.parametrize("marker_first", [True, False])
    def test_an_opaque_directory_shows_only_its_own(self, driver: GraphDriver, marker_first: bool) -> None:
        self.layer(
            driver, "one", None, [directory("d"), file("d/old", b""), directory("d/sub"), file("d/sub/old", b"")]
        )
        marker, new = file(f"d/{OPAQUE}"), [directory("d/sub"), file("d/sub/new", b""), file("d/new", b"")]
        self.layer(driver, "two", "one", [directory("d"), *([marker, *new] if marker_first else [*new, marker])])
        with self.mounted(driver, self.container(driver, "two")) as root:
            assert self.names(root) == ["d", "d/new", "d/sub", "d/sub/new"]

    def test_an_opaque_root(self, driver: GraphDriver) -> None:
        self.layer(driver, "one", None, [directory("d"), file("d/x", b""), file("f", b"")])
        self.layer(driver, "two", "one", [file(OPAQUE), directory("d"), file("d/y", b""), file("g", b"")])
        with self.mounted(driver, self.container(driver, "two")) as root:
            assert [name for name in self.names(root) if (root / name).exists()] == ["d", "d/y", "g"]

    @pytest.mark.parametrize("whiteout_first", [True, False])
    def test_a_whiteout_does_not_hide_its_own_layer(self, driver: GraphDriver, whiteout_first: bool) -> None:
        self.layer(driver, "one", None, [directory("d"), file("d/old", b""), file("f", b"old")])
        marks = [file(f"{WHITEOUT}d"), file(f"{WHITEOUT}f")]
        new = [directory("d"), file("d/new", b""), file("f", b"new")]
        self.layer(driver, "two", "one", [*marks, *new] if whiteout_first else [*new, *marks])
        with self.mounted(driver, self.container(driver, "two")) as root:
            assert self.names(root) == ["d", "d/new", "f"]
            assert (root / "f").read_bytes() == b"new"

    def test_a_file_below_a_hidden_directory(self, driver: GraphDriver) -> None:
        self.layer(driver, "one", None, [directory("d"), file("d/old", b"")])
        self.layer(driver, "two", "one", [file(f"{WHITEOUT}d"), file("d/new", b"")])
        with self.mounted(driver, self.container(driver, "two")) as root:
            assert self.names(root) == ["d", "d/new"]

    def test_names_of_another_union_filesystem_are_passed_over(self, driver: GraphDriver) -> None:
        self.layer(driver, "one", None, [directory(".wh..wh.plnk"), file(".wh..wh.aufs"), file("a", b"")])
        with self.mounted(driver, self.container(driver, "one")) as root:
            assert self.names(root) == ["a"]

    def test_a_layer_keeps_everything_of_its_files(self, driver: GraphDriver, tmp_path: Path) -> None:
        entries = [
            directory("d", mode=0o1777, uid=1, gid=2),
            file("d/f", b"x" * 70_000, mode=0o4711, uid=3, gid=4),
            hardlink("h", "d/f"),
            symlink("l", "/etc/passwd", uid=5),
            node("null", tarfile.CHRTYPE, 1, 3, mode=0o666),
            node("pipe", tarfile.FIFOTYPE),
            (info("attr", pax_headers={"SCHILY.xattr.user.a": "b"}), b""),
        ]
        self.layer(driver, "one", None, entries)
        with self.mounted(driver, self.container(driver, "one")) as root:
            found = snapshot(root)
            assert found["d"][:3] == ("drwxrwxrwt", 1, 2)
            assert found["d/f"][:3] == ("-rws--x--x", 3, 4)
            assert found["h"][7] == found["d/f"][7]
            assert found["l"][5] == "/etc/passwd"
            assert found["null"][3] == os.makedev(1, 3)
            assert stat.S_ISFIFO((root / "pipe").stat().st_mode)
            assert found["attr"][6] == (("user.a", b"b"),)
            assert {entry[4] for entry in found.values()} == {1_700_000_000 * 10**9}

    def test_an_archive_cannot_speak_to_the_driver(self, driver: GraphDriver) -> None:
        self.layer(driver, "one", None, [directory("d"), file("d/a", b""), directory("e"), file("e/secret", b"x")])
        for attribute in ("trusted.overlay.opaque", "trusted.overlay.redirect", "user.overlay.opaque"):
            value = "/e" if attribute.endswith("redirect") else "y"
            member = info("d", tarfile.DIRTYPE, pax_headers={f"SCHILY.xattr.{attribute}": value})
            self.layer(driver, attribute, "one", [(member, b"")])
            assert [node.steps for node in driver.view(attribute).walk((b"d",))] == [(b"d", b"a")]

    def test_implied_directories_stay_what_they_are_below(self, driver: GraphDriver) -> None:
        attributes = {"SCHILY.xattr.user.k": "v"}
        base = [
            (info("tmp", tarfile.DIRTYPE, mode=0o1777, pax_headers=attributes), b""),
            directory("home", mode=0o711, uid=5, gid=6),
            directory("home/u", mode=0o700, uid=7),
        ]
        self.layer(driver, "one", None, base)
        entries = [file("tmp/x", b""), file("home/u/new/f", b""), file(f"home/{WHITEOUT}nothing")]
        self.layer(driver, "two", "one", entries)
        with self.mounted(driver, self.container(driver, "two")) as root:
            found = snapshot(root)
        assert found["tmp"][0] == "drwxrwxrwt"
        assert found["tmp"][6] == (("user.k", b"v"),)
        assert found["home"][:3] == ("drwx--x--x", 5, 6)
        assert found["home/u"][:3] == ("drwx------", 7, 0)
        assert found["home/u/new"][:3] == ("drwxr-xr-x", 0, 0)

    def test_changes(self, driver: GraphDriver) -> None:
        self.layer(
            driver,
            "one",
            None,
            [
                directory("etc"),
                file("etc/passwd", b"1"),
                file("etc/group", b"2"),
                directory("gone"),
                file("gone/f", b""),
                directory("replaced"),
                file("replaced/f", b""),
                directory("same"),
                file("same/f", b"x"),
            ],
        )
        container = self.container(driver, "one")
        with self.mounted(driver, container) as root:
            (root / "etc" / "passwd").write_bytes(b"12")
            (root / "etc" / "group").unlink()
            (root / "gone" / "f").unlink()
            (root / "gone").rmdir()
            (root / "replaced" / "f").unlink()
            (root / "replaced").rmdir()
            (root / "replaced").mkdir()
            (root / "new").mkdir()
            (root / "new" / "f").write_bytes(b"")
        assert [str(change) for change in driver.changes(container, "init")] == [
            "C /etc",
            "D /etc/group",
            "C /etc/passwd",
            "D /gone",
            "A /new",
            "A /new/f",
            "C /replaced",
            "D /replaced/f",
        ]

    def test_a_diff_applied_elsewhere_gives_the_same_tree(self, driver: GraphDriver) -> None:
        self.layer(
            driver, "one", None, [directory("d"), file("d/a", b"1"), directory("e"), file("e/x", b""), file("f")]
        )
        container = self.container(driver, "one")
        with self.mounted(driver, container) as root:
            (root / "d" / "b").write_bytes(b"2")
            os.link(root / "d" / "b", root / "hard")
            os.symlink("d/b", root / "soft")
            os.mkfifo(root / "pipe")
            (root / "e" / "x").unlink()
            (root / "e").rmdir()
            (root / "e").mkdir()
            (root / "e" / "y").write_bytes(b"y" * 1000)
            (root / "f").unlink()
            os.setxattr(root / "d" / "b", "user.k", b"v")
            os.chown(root / "d" / "b", 11, 12)
            expected = snapshot(root)
        data = b"".join(driver.diff(container, "init"))
        driver.create("copy", "one")
        driver.apply("copy", TarReader(StreamSource([data])), lambda member, steps: None)
        driver.create("copy-rw", "copy")
        with self.mounted(driver, "copy-rw") as root:
            found = snapshot(root)
        assert _without_fractions(found) == _without_fractions(expected)

    def test_an_unchanged_container_has_an_empty_diff(self, driver: GraphDriver) -> None:
        self.layer(driver, "one", None, [directory("d"), file("d/a", b"1")])
        container = self.container(driver, "one")
        assert b"".join(driver.diff(container, "init")) == bytes(1024)
        assert list(driver.changes(container, "init")) == []
        assert driver.size_bytes(container, "init") == 0

    def test_size_counts_each_file_once(self, driver: GraphDriver) -> None:
        self.layer(driver, "one", None, [file("below", b"x" * 1000)])
        container = self.container(driver, "one")
        with self.mounted(driver, container) as root:
            (root / "a").write_bytes(b"y" * 5000)
            os.link(root / "a", root / "b")
        assert driver.size_bytes(container, "init") == 5000

    def test_a_container_whose_files_are_gone_has_none(self, driver: GraphDriver) -> None:
        self.layer(driver, "one", None, [file("below", b"x" * 1000)])
        container = self.container(driver, "one")
        with self.mounted(driver, container) as root:
            (root / "a").write_bytes(b"y" * 5000)
        if driver.promote(container, "two", "one"):
            assert driver.size_bytes("two", "one") == 5000
        else:
            driver.remove(container)
        assert driver.size_bytes(container, "init") == 0

    def test_the_view_is_what_the_mount_shows(self, driver: GraphDriver) -> None:
        self.layer(driver, "one", None, [directory("d"), file("d/a", b""), directory("e"), file("e/b", b""), file("f")])
        self.layer(driver, "two", "one", [file(f"{WHITEOUT}f"), file(f"e/{OPAQUE}"), file("e/c", b""), file("g", b"")])
        container = self.container(driver, "two")
        with self.mounted(driver, container) as root:
            (root / "d" / "a").unlink()
            (root / "h").mkdir()
            expected = self.names(root)
        assert sorted(b"/".join(node.steps).decode() for node in driver.view(container).walk()) == expected

    def test_a_hundred_and_twenty_seven_layers(self, driver: GraphDriver) -> None:
        parent = None
        for number in range(127):
            parent = self.layer(
                driver, f"layer{number}", parent, [file(f"f{number}", b"x"), file("top", b"%d" % number)]
            )
        with self.mounted(driver, self.container(driver, parent)) as root:
            assert len(self.names(root)) == 128
            assert (root / "top").read_bytes() == b"126"

    def test_a_second_layer_of_the_same_id_is_refused(self, driver: GraphDriver) -> None:
        self.layer(driver, "one", None, [file("f", b"kept")])
        with pytest.raises(DockyardError):
            driver.create("one", None)
        assert "one" in set(driver.ids())
        assert driver.view("one").status((b"f",)) is not None

    def test_an_unknown_parent_is_refused(self, driver: GraphDriver) -> None:
        with pytest.raises(DockyardError):
            driver.create("child", "no-such-layer")
        assert set(driver.ids()) == set()

    def test_remove_takes_everything_and_may_be_repeated(self, driver: GraphDriver, tmp_path: Path) -> None:
        before = self.names(tmp_path)
        self.layer(driver, "one", None, [directory("d"), file("d/f", b""), symlink("d/l", "/")])
        driver.create("two", "one")
        assert set(driver.ids()) == {"one", "two"}
        driver.remove("two")
        driver.remove("one")
        driver.remove("one")
        assert self.names(tmp_path) == before

    def test_a_damaged_archive_is_an_error(self, driver: GraphDriver) -> None:
        driver.create("one", None)
        data = tarball([file("f", b"x" * 5000)])[:2000]
        with pytest.raises(InvalidParameter):
            driver.apply("one", TarReader(StreamSource([data])), lambda member, steps: None)
        driver.remove("one")

    def test_the_data_of_a_layer_can_be_read_back(self, driver: GraphDriver) -> None:
        placed: list[tuple[bytes, ...]] = []
        driver.create("one", None)
        data = tarball([directory("d"), file("d/f", b"content"), symlink("l", "d")])
        driver.apply("one", TarReader(StreamSource([data])), lambda member, steps: placed.append(steps))
        assert placed == [(), (b"d", b"f"), ()]
        with driver.open_data("one") as files:
            descriptor = files.open_file((b"d", b"f"))
            assert os.read(descriptor, 100) == b"content"
            os.close(descriptor)


def _without_fractions(tree: dict[str, tuple[object, ...]]) -> dict[str, tuple[object, ...]]:
    # A layer archive has whole seconds. A directory's time may differ: overlay's copy-up of children touches it.
    return {
        name: (*entry[:4], None if str(entry[0]).startswith("d") else int(str(entry[4])) // 10**9, *entry[5:])
        for name, entry in tree.items()
    }
