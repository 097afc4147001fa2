"""SELinux labels: parts that users choose, categories that nobody else has, files that are given to containers."""

import os

import pytest

from dockyard.engine.containers.config import HostConfig
from dockyard.engine.containers.kernel_support import NO_LABELS, keepable
from dockyard.engine.security.selinux import (
    ATTRIBUTE,
    Contexts,
    check_options,
    container_labels,
    read_contexts,
    relabel,
)
from dockyard.errors import InvalidParameter

ID = "a" * 64
POLICY = Contexts("sys_u:sys_r:box_t:s0", "sys_u:object_r:box_file_t:s0")


def test_the_policys_contexts(tmp_path):
    path = tmp_path / "lxc_contexts"
    assert read_contexts(str(path)) == Contexts()
    path.write_text('# process = "no"\nprocess = "a:b:c:s0"\nfile = "d:e:f:s0"\nother\n')
    assert read_contexts(str(path)) == Contexts("a:b:c:s0", "d:e:f:s0")


@pytest.mark.parametrize(
    ("options", "process", "mount"),
    [
        ([], "sys_u:sys_r:box_t:", "sys_u:object_r:box_file_t:"),
        (["type:my_t"], "sys_u:sys_r:my_t:", "sys_u:object_r:box_file_t:"),
        (["user:me", "role:mine"], "me:mine:box_t:", "sys_u:object_r:box_file_t:"),
        (["filetype:my_file_t"], "sys_u:sys_r:box_t:", "sys_u:object_r:my_file_t:"),
        (["level:s0:c1,c2"], "sys_u:sys_r:box_t:s0:c1,c2", "sys_u:object_r:box_file_t:s0:c1,c2"),
    ],
)
def test_parts_are_chosen(options, process, mount):
    labels = container_labels(check_options(options), POLICY, ID, ())
    assert labels.process.startswith(process)
    assert labels.mount.startswith(mount)


def test_no_label_at_all():
    assert container_labels(check_options(["type:x", "disable"]), POLICY, ID, ()) == ("", "")


@pytest.mark.parametrize("option", ["nonsense", "nonsense:x", "", "disable:x"])
def test_other_parts_there_are_none(option):
    with pytest.raises(InvalidParameter, match="bad label option"):
        check_options([option])


def test_categories_are_nobody_elses():
    first = container_labels({}, POLICY, ID, ())
    assert first == container_labels({}, POLICY, ID, ())
    second = container_labels({}, POLICY, ID, {first.process})
    assert second.process != first.process
    low, high = (int(one[1:]) for one in first.process.rpartition(":")[2].split(","))
    assert 0 <= low < high < 1024


def test_who_shares_namespaces_shares_the_level():
    first = container_labels({}, POLICY, ID, ())
    joined = container_labels({"type": "my_t"}, POLICY, "b" * 64, {first.process}, first.process)
    assert joined.process.split(":", 3)[3] == first.process.split(":", 3)[3]


def test_places_of_the_host_are_never_relabelled():
    for path in ("/", "/etc", "/usr/", "/home"):
        with pytest.raises(InvalidParameter, match="is not allowed"):
            relabel(path, "a:b:c:s0:c1,c2", shared=False)


@pytest.mark.root
@pytest.mark.parametrize(("shared", "label"), [(True, b"a:b:c:s0"), (False, b"a:b:c:s0:c1,c2")])
def test_files_get_the_label(tmp_path, monkeypatch, shared, label):
    """The kernel here may be without SELinux, and then keeps what anybody writes into the attribute."""
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "file").touch()
    (tmp_path / "link").symlink_to("/etc/passwd")
    seen = {}
    monkeypatch.setattr(os, "setxattr", lambda path, name, value, **_: seen.update({os.fspath(path): (name, value)}))
    relabel(str(tmp_path), "a:b:c:s0:c1,c2", shared=shared)
    assert set(seen) == {str(tmp_path / name) for name in ("", "below", "below/file", "link")}
    assert set(seen.values()) == {(ATTRIBUTE, label)}


def test_without_selinux_a_label_is_dropped_with_a_warning():
    for options, warnings in (
        (["label=type:x"], [NO_LABELS]),
        (["label:level:s0"], [NO_LABELS]),
        (["label=disable"], []),
    ):
        assert keepable(HostConfig(security_opt=tuple(options)), block_io_weight=True, selinux=False)[1] == warnings
        assert keepable(HostConfig(security_opt=tuple(options)), block_io_weight=True, selinux=True)[1] == []
