"""Devices. https://github.com/opencontainers/runtime-spec/blob/v1.2.0/config-linux.md#devices"""

import os

import pytest
from tests.conformance.kit.bundle import Bundle
from tests.conformance.kit.container import Container

pytestmark = pytest.mark.row("N3")

DEFAULT = {
    "/dev/null": (1, 3),
    "/dev/zero": (1, 5),
    "/dev/full": (1, 7),
    "/dev/random": (1, 8),
    "/dev/urandom": (1, 9),
    "/dev/tty": (5, 0),
}


def test_the_default_devices(container: Container, bundle: Bundle):
    bundle.script("stat -c '%n %F %t %T %a' /dev/null /dev/zero /dev/full /dev/random /dev/urandom /dev/tty")
    expected = [f"{path} character special file {major:x} {minor:x} 666" for path, (major, minor) in DEFAULT.items()]
    assert container.run().lines == expected


def test_the_default_links(container: Container, bundle: Bundle):
    bundle.script("for it in fd stdin stdout stderr; do readlink /dev/$it; done; readlink -f /dev/ptmx")
    assert container.run().lines == [
        "/proc/self/fd",
        "/proc/self/fd/0",
        "/proc/self/fd/1",
        "/proc/self/fd/2",
        "/dev/pts/ptmx",
    ]


def test_devices_of_the_configuration(container: Container, bundle: Bundle):
    bundle.linux["devices"] = [
        {"path": "/dev/test/character", "type": "c", "major": 1, "minor": 3, "fileMode": 0o640, "uid": 7, "gid": 8},
        {"path": "/dev/block", "type": "b", "major": 7, "minor": 99, "fileMode": 0o600},
        {"path": "/dev/fifo", "type": "p", "fileMode": 0o622},
        {"path": "/dev/unbuffered", "type": "u", "major": 1, "minor": 5},
    ]
    bundle.script("stat -c '%n|%F|%t|%T|%a|%u|%g' /dev/test/character /dev/block /dev/fifo /dev/unbuffered")
    assert container.run().lines == [
        "/dev/test/character|character special file|1|3|640|7|8",
        "/dev/block|block special file|7|63|600|0|0",
        "/dev/fifo|fifo|0|0|622|0|0",
        "/dev/unbuffered|character special file|1|5|666|0|0",
    ]


@pytest.mark.parametrize(("allow", "code"), [(False, 1), (True, 0)])
def test_the_allowlist(container: Container, bundle: Bundle, allow: bool, code: int):
    # A device that anybody may open, and that is not among those that each container gets.
    if not os.path.exists("/dev/fuse"):
        pytest.skip("no /dev/fuse here")
    major, minor = 10, 229
    bundle.linux["devices"] = [{"path": "/dev/fuse", "type": "c", "major": major, "minor": minor, "fileMode": 0o666}]
    rules = bundle.linux["resources"]["devices"]
    rules.append({"allow": allow, "type": "c", "major": major, "minor": minor, "access": "rw"})
    bundle.script("true < /dev/fuse")
    assert container.run().code == code


def test_a_device_in_a_bind_mount_is_the_allowlists_business_too(container: Container, bundle: Bundle):
    bundle.mount("/mnt/kmsg", "none", "/dev/kmsg", "bind")
    bundle.script("true < /mnt/kmsg")
    assert container.run().code == 1
