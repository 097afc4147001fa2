"""Mount options to bits."""

import pytest

from dockyard.errors import InvalidParameter
from dockyard.linux import mount as classic
from dockyard.linux import mount_objects as new
from dockyard.runtime.rootfs.options import MountOptions, parse
from dockyard.spec.runtime import IdMapping, Mount

NO = new.MOUNT_ATTR_NOSUID | new.MOUNT_ATTR_NODEV | new.MOUNT_ATTR_NOEXEC


def options(*words: str, kind: str = "tmpfs") -> MountOptions:
    return parse(Mount("/x", kind, "x", words))


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ((), MountOptions()),
        (("nosuid", "nodev", "noexec"), MountOptions(set_=NO)),
        (("ro", "rw"), MountOptions(clear=new.MOUNT_ATTR_RDONLY)),
        (("rw", "ro"), MountOptions(set_=new.MOUNT_ATTR_RDONLY)),
        (("noatime",), MountOptions(set_=new.MOUNT_ATTR_NOATIME, clear=new.MOUNT_ATTR_ATIME)),
        (("relatime",), MountOptions(clear=new.MOUNT_ATTR_ATIME)),
        (("rro", "rnosuid"), MountOptions(recursive_set=new.MOUNT_ATTR_RDONLY | new.MOUNT_ATTR_NOSUID)),
        (("bind",), MountOptions(bind=True)),
        (("rbind", "rprivate"), MountOptions(bind=True, recursive=True, propagation=((classic.MS_PRIVATE, True),))),
        (("slave", "shared"), MountOptions(propagation=((classic.MS_SLAVE, False), (classic.MS_SHARED, False)))),
        (("size=64k", "mode=1777"), MountOptions(data=("size=64k", "mode=1777"))),
        (("sync", "async", "lazytime", "defaults"), MountOptions(data=("sync", "lazytime"))),
        (("tmpcopyup",), MountOptions(copy_up=True)),
        (("bind", "ridmap"), MountOptions(bind=True, idmap=True, recursive_idmap=True)),
        (("",), MountOptions()),
    ],
)
def test_words(words: tuple[str, ...], expected: MountOptions) -> None:
    assert options(*words) == expected


def test_the_type_may_say_that_it_is_a_bind() -> None:
    assert options(kind="bind").bind


def test_mappings_mean_idmap() -> None:
    mapping = (IdMapping(0, 1, 1),)
    assert parse(Mount("/x", "bind", "/y", (), mapping, mapping)).idmap
    with pytest.raises(InvalidParameter, match="only supported for bind-mounts"):
        parse(Mount("/x", "tmpfs", "x", (), mapping, mapping))


def test_copying_up_is_for_tmpfs() -> None:
    with pytest.raises(InvalidParameter, match="tmpcopyup is only allowed for a tmpfs mount"):
        options("tmpcopyup", kind="proc")
