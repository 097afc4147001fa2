"""The versions that Docker 26 added to 20.10's (1.42 to 1.45), asked of Debian 13's and of us: the same statuses,
messages, keys and types. Older versions are compared with 20.10, whose answers had their shape first hand.
"""

from collections.abc import Iterator

import pytest
from tests.integration.server.versions import Prepared, differences, prepare
from tests.peers.docker import docker_daemon
from tests.support.engine import dockyard_engine

VERSIONS = ("1.42", "1.43", "1.44", "1.45")
DIFFERENT: dict[str, tuple[str, ...]] = {
    # whether it is null or empty that there are no labels depends in Docker on how the image was made
    "images": ("[].Labels",),
    "images, all": ("[].Labels",),
    "usage": (".Images[].Labels", ".Containers[].NetworkSettings.Networks.*.DNSNames: only in Docker"),
    "image, committed": (".Config.Labels",),
    # programs are told where they differ from their names
    "version": (".Components[].Details.Program",),
    # what 23 and 24 show of each image, 26 leaves out of those that no container was made for
    "image": (".Container: only in Dockyard",),
    # keys that came with 1.44; Docker doesn't hide them from clients that ask for older answers
    **{
        name: (f"{path}.NetworkSettings.Networks.*.DNSNames: only in Docker",)
        for name, path in (
            *(("container, running", ""), ("container, created", ""), ("container, exited", "")),
            *(("containers", "[]"), ("containers, filtered", "[]")),
        )
    },
    # whose they are: 26 says so only where several are sent
    "stats": (".id: only in Dockyard", ".name: only in Dockyard"),
}


@pytest.fixture(scope="module")
def both_26(bridge_name: str) -> Iterator[tuple[Prepared, Prepared]]:
    with docker_daemon(release=26) as reference, dockyard_engine(f"{bridge_name}w", own_network=True) as engine:
        yield prepare(reference.host.removeprefix("unix://"), VERSIONS[-1]), prepare(engine.docker.socket, VERSIONS[-1])


@pytest.mark.slow
@pytest.mark.peer("docker-26")
@pytest.mark.dockyard_only
@pytest.mark.xdist_group("versions 26")
@pytest.mark.parametrize("version", VERSIONS)
def test_answers_have_the_shape_of_their_version(both_26: tuple[Prepared, Prepared], version: str) -> None:
    found = differences(both_26, version, DIFFERENT)
    assert not found, "\n".join(found)
