"""Every version that Debian's dockerd speaks (1.24 to 1.41), asked of it and of us: the same statuses, messages, keys
and types. What newer versions of Docker answer otherwise to old clients, and we with them, is listed in DIFFERENT.
"""

from collections.abc import Iterator

import pytest
from tests.integration.server.versions import Prepared, differences, prepare
from tests.peers.docker import docker_daemon
from tests.support.engine import dockyard_engine

VERSIONS = tuple(f"1.{minor}" for minor in range(24, 42))
DIFFERENT = {
    # null became an empty list: 22
    "images": ("[].Labels",),
    "images, all": ("[].Labels",),
    "usage": (".Images[].Labels", ".BuildCache"),
    # empty labels aren't kept in images any more: 25
    "image, committed": (".Config.Labels",),
    # new keys, which older clients ignore: 23
    "info": (".CDISpecDirs",),
    # programs are told where they differ from their names; a key that is data
    "version": (".Components[].Details.Program",),
    # Docker knows the gateway of its default bridge, but doesn't tell before its second start; no list became null: 28
    "networks": ("[].IPAM.Config",),
    "network": (".IPAM.Config[].Gateway",),
    # counters are there once there was I/O, which depends on what the kernel had in its cache
    "stats": (".blkio_stats.io_service",),
    # kept for scripts that were written for Docker 19 and older
    "container, running": (".HostConfig.DiskQuota",),
    "container, exited": (".HostConfig.DiskQuota",),
    # filled in by 20.10 only where the request has a HostConfig
    "container, created": (".HostConfig.DiskQuota", ".HostConfig.Runtime"),
    # what a version doesn't have yet is a wrong request: 25; 20.10 looked at the version of clients alone
    "secrets": ("status at 1.24",),
    "configs": tuple(f"status at 1.{minor}" for minor in range(24, 30)),
    # the prefix of the message isn't said twice: 23
    "no image": ("message",),
}


@pytest.fixture(scope="module")
def both(bridge_name: str) -> Iterator[tuple[Prepared, Prepared]]:
    with docker_daemon() as reference, dockyard_engine(f"{bridge_name}v", own_network=True) as engine:
        yield prepare(reference.host.removeprefix("unix://"), VERSIONS[-1]), prepare(engine.docker.socket, VERSIONS[-1])


@pytest.mark.slow
@pytest.mark.peer("docker")
@pytest.mark.dockyard_only
@pytest.mark.xdist_group("versions")
@pytest.mark.parametrize("version", VERSIONS)
def test_answers_have_the_shape_of_their_version(both: tuple[Prepared, Prepared], version: str) -> None:
    found = differences(both, version, DIFFERENT)
    assert not found, "\n".join(found)
