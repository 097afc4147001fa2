"""User namespaces. https://github.com/opencontainers/runtime-spec/blob/v1.2.0/config-linux.md#user-namespace-mappings"""

import os

import pytest
from tests.conformance.kit.bundle import Bundle
from tests.conformance.kit.container import Container
from tests.conformance.kit.runtime import Refused

pytestmark = pytest.mark.row("N3")

HOST_ID, SIZE = 100_000, 65_536


@pytest.fixture
def mapped(bundle: Bundle) -> Bundle:
    """A bundle with a user namespace, whose root filesystem belongs to the mapped ids."""
    bundle.namespace("user")
    for key in ("uidMappings", "gidMappings"):
        bundle.linux[key] = [{"containerID": 0, "hostID": HOST_ID, "size": SIZE}]
    for folder, folders, files in os.walk(bundle.rootfs):
        for name in [".", *folders, *files]:
            os.chown(os.path.join(folder, name), HOST_ID, HOST_ID, follow_symlinks=False)
    # The mapped root must be able to reach the bundle.
    for directory in (bundle.directory, *list(bundle.directory.parents)[:-2]):
        os.chmod(directory, 0o755)
    return bundle


def test_ids_are_mapped(container: Container, mapped: Bundle):
    mapped.script("id -u; id -g; cat /proc/self/uid_map /proc/self/gid_map; touch /made")
    outcome = container.run()
    assert [line.split() for line in outcome.lines] == [
        ["0"],
        ["0"],
        ["0", str(HOST_ID), str(SIZE)],
        ["0", str(HOST_ID), str(SIZE)],
    ]
    status = os.stat(mapped.rootfs / "made")
    assert (status.st_uid, status.st_gid) == (HOST_ID, HOST_ID)


def test_a_user_inside_the_mapping(container: Container, mapped: Bundle):
    mapped.process["user"] = {"uid": 1000, "gid": 2000}
    mapped.script("id -u; id -g; touch /tmp/made")
    assert container.run().lines == ["1000", "2000"]
    status = os.stat(mapped.rootfs / "tmp/made")
    assert (status.st_uid, status.st_gid) == (HOST_ID + 1000, HOST_ID + 2000)


def test_a_mapping_in_two_pieces(container: Container, mapped: Bundle):
    for key in ("uidMappings", "gidMappings"):
        mapped.linux[key] = [
            {"containerID": 0, "hostID": HOST_ID, "size": 10},
            {"containerID": 10, "hostID": HOST_ID + 500, "size": 10},
        ]
    mapped.process["user"] = {"uid": 15, "gid": 15}
    mapped.script("cat /proc/self/uid_map; touch /tmp/made")
    assert [line.split() for line in container.run().lines] == [
        ["0", str(HOST_ID), "10"],
        ["10", str(HOST_ID + 500), "10"],
    ]
    assert os.stat(mapped.rootfs / "tmp/made").st_uid == HOST_ID + 505


def test_devices_of_a_user_namespace_are_those_of_the_host(container: Container, mapped: Bundle):
    mapped.script("echo x > /dev/null; head -c 2 /dev/zero | od -An -tx1; stat -c '%t:%T' /dev/null")
    assert [line.strip() for line in container.run().lines] == ["00 00", "1:3"]


def test_a_user_namespace_without_mappings_is_an_error(container: Container, bundle: Bundle):
    bundle.namespace("user")
    with pytest.raises(Refused):
        container.create()
