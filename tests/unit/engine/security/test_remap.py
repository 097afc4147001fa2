"""`--userns-remap`: which ids, by the host's files."""

import pytest

from dockyard.engine.security.remap import AccountFiles, parse_remap
from dockyard.errors import InvalidParameter
from dockyard.spec.runtime import IdMapping

FILES = AccountFiles(
    passwd="root:x:0:0::/:/bin/sh\nsomebody:x:1000:1001:::\nbroken:x\ndockremap:x:110:110:::\n",
    group="root:x:0:\nsomebody:x:1001:\nstaff:x:50:\ndockremap:x:110:\n",
    subuid="somebody:300000:10\n# a comment:1:2\nsomebody:200000:65536\n1000:100000:5\n"
    "dockremap:400000:65536\nbad:x:y\n",
    subgid="somebody:250000:65536\nstaff:350000:100\n110:500000:65536\n",
)
SOMEBODY = (IdMapping(0, 100000, 5), IdMapping(5, 200000, 65536), IdMapping(65541, 300000, 10))


@pytest.mark.parametrize(
    ("text", "uids", "gids"),
    [
        ("somebody", SOMEBODY, (IdMapping(0, 250000, 65536),)),
        ("1000", SOMEBODY, (IdMapping(0, 250000, 65536),)),
        ("somebody:staff", SOMEBODY, (IdMapping(0, 350000, 100),)),
        ("1000:50", SOMEBODY, (IdMapping(0, 350000, 100),)),
        ("default", (IdMapping(0, 400000, 65536),), (IdMapping(0, 500000, 65536),)),
    ],
)
def test_ranges_follow_each_other(text, uids, gids):
    found = parse_remap(text, FILES)
    assert (found.uids, found.gids) == (uids, gids)
    assert found.root == (uids[0].host_id, gids[0].host_id)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (":", "invalid user/group specification in --userns-remap"),
        ("a:", "invalid user/group specification in --userns-remap"),
        ("a:b:c", "invalid user/group specification in --userns-remap"),
        ("nobody-here", 'remapped user "nobody-here" is not in /etc/passwd'),
        ("somebody:nobody-here", 'remapped group "nobody-here" is not in /etc/group'),
        ("root", 'No subuid ranges found for user "root" in /etc/subuid'),
        ("somebody:root", 'No subgid ranges found for group "root" in /etc/subgid'),
        ("broken", 'remapped user "broken" is not in /etc/passwd'),
    ],
)
def test_what_is_not_there(text, message):
    with pytest.raises(InvalidParameter, match=message):
        parse_remap(text, FILES)
