"""`--volumes-from`: which mounts are taken over, and who wins where two meet."""

import pytest

from dockyard.engine.containers.mount_requests import MountRequest
from dockyard.engine.containers.record import MountPoint
from dockyard.engine.containers.volumes_from import inherited_mounts, merged
from dockyard.errors import InvalidParameter, NotFound

MOUNTS = {
    "a": (MountPoint("volume", "/data", name="one"), MountPoint("bind", "/etc/x", source="/x", rw=False)),
    "b": (MountPoint("volume", "/data", name="two"),),
}


def mounts_of(name):
    if name not in MOUNTS:
        raise NotFound(f"No such container: {name}")
    return MOUNTS[name]


@pytest.mark.parametrize(
    ("specifications", "expected"),
    [
        (["a"], {"/data": ("one", True), "/etc/x": ("", False)}),
        (["a:ro"], {"/data": ("one", False), "/etc/x": ("", False)}),
        (["a:rw"], {"/data": ("one", True), "/etc/x": ("", False)}),
        (["a:ro,z"], {"/data": ("one", False), "/etc/x": ("", False)}),
        (["a", "b:ro"], {"/data": ("two", False), "/etc/x": ("", False)}),
        ([], {}),
    ],
)
def test_what_is_taken_over(specifications, expected):
    found = inherited_mounts(specifications, mounts_of)
    assert {mount.destination: (mount.name, mount.rw) for mount in found} == expected


@pytest.mark.parametrize(
    ("specification", "message"),
    [
        ("", "volumes-from specification cannot be an empty string"),
        ("a:nope", "invalid mode: nope"),
        ("a:rprivate", "invalid mode: rprivate"),
        ("a:nocopy", "invalid mode: nocopy"),
        ("a:ro,rw", "invalid mode: ro,rw"),
        ("a:ro,ro", "invalid mode: ro,ro"),
        ("gone", "No such container: gone"),
    ],
)
def test_what_is_refused(specification, message):
    with pytest.raises(InvalidParameter, match=f"^{message}$"):
        inherited_mounts([specification], mounts_of)


def test_own_mounts_win_and_volumes_of_the_image_give_way():
    own = MountRequest("bind", "/etc/x", "/y")
    of_image = MountRequest("volume", "/data", unnamed=True)
    elsewhere = MountRequest("volume", "/other", unnamed=True)
    inherited, requests = merged(MOUNTS["a"], (own, of_image, elsewhere))
    assert [mount.destination for mount in inherited] == ["/data"]
    assert requests == (own, elsewhere)
