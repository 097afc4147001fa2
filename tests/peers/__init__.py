"""Other projects' programs: the oracles that our tests compare with, fetched from the distribution without installing.

    program("skopeo")                      a program of a peer, with the environment that it needs
    docker_daemon(directory)               Debian's dockerd with dirs, socket, containerd and namespaces of its own
    docker_daemon(release=26)              Debian 13's, which has BuildKit and API 1.45
    buildx_client(host, config)            `docker` with the buildx and Compose plugins of Debian 13
    python_peer("docker-py"), npm_peer("dockerode"), compose_program()   clients, from PyPI and npm
    busybox_image(), debian_image(), …     docker archives, made on this machine, that any engine loads

Nothing here starts a service or touches the machine's own Docker: packages are unpacked (`dpkg -x`) into a cache
folder, /var/cache/dockyard-peers or $DOCKYARD_PEERS, once for all test workers.
"""

from tests.peers.buildx import buildx_client
from tests.peers.catalogue import PEERS
from tests.peers.debian import debian_image, services_image
from tests.peers.docker import DockerDaemon, client_version, docker_client, docker_daemon
from tests.peers.fetch import fetch
from tests.peers.images import busybox_archive_files, busybox_image, docker_archive
from tests.peers.packages import compose_program, npm_peer, python_peer
from tests.peers.podman import podman
from tests.peers.programs import Program, program

__all__ = [
    "PEERS",
    "DockerDaemon",
    "Program",
    "buildx_client",
    "busybox_archive_files",
    "busybox_image",
    "client_version",
    "compose_program",
    "debian_image",
    "docker_archive",
    "docker_client",
    "docker_daemon",
    "fetch",
    "npm_peer",
    "podman",
    "program",
    "python_peer",
    "services_image",
]
