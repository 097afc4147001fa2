"""`--user` against the root's own passwd and group."""

import pytest

from dockyard.engine.containers.spec.user import ResolvedUser, resolve_user
from dockyard.errors import InvalidParameter

FILES = {
    "/etc/passwd": "root:x:0:0:root:/root:/bin/sh\nbroken line\nwww:x:33:33::/var/www:/bin/sh\nnohome:x:7:8:::\n",
    "/etc/group": "root:x:0:root\nwww:x:33:\naudio:x:29:www,other\nvideo:x:44:root\n",
}


@pytest.mark.parametrize(
    ("user", "add", "expected"),
    [
        ("", (), ResolvedUser(0, 0, (0, 44), "/root")),
        ("root", (), ResolvedUser(0, 0, (0, 44), "/root")),
        ("www", (), ResolvedUser(33, 33, (33, 29), "/var/www")),
        ("33", (), ResolvedUser(33, 33, (33, 29), "/var/www")),
        ("www:audio", (), ResolvedUser(33, 29, (29,), "/var/www")),
        ("1234", (), ResolvedUser(1234, 0, (0,), "/")),
        ("1234:5678", (), ResolvedUser(1234, 5678, (5678,), "/")),
        ("nohome", (), ResolvedUser(7, 8, (8,), "/")),
        ("www", ("video", "99"), ResolvedUser(33, 33, (33, 29, 44, 99), "/var/www")),
    ],
)
def test_users(user, add, expected):
    assert resolve_user(user, add, FILES.__getitem__) == expected


@pytest.mark.parametrize(
    ("user", "message"),
    [
        ("ghost", "unable to find user ghost: no matching entries in passwd file"),
        ("root:ghosts", "unable to find group ghosts: no matching entries in group file"),
        ("-1", "uids and gids must be in range 0-2147483647"),
        ("root:-1", "uids and gids must be in range 0-2147483647"),
        (str(2**32), "uids and gids must be in range 0-2147483647"),
    ],
)
def test_unknown_names(user, message):
    with pytest.raises(InvalidParameter, match=message):
        resolve_user(user, (), FILES.__getitem__)


def test_a_root_without_files_has_root():
    assert resolve_user("", (), lambda _: "") == ResolvedUser(0, 0, (0,), "/root")
