"""Docker's client plugins buildx and Compose, of Debian 13: programs that run by themselves or under `docker`.

    plugin()                        docker-buildx, for `DOCKER_HOST=unix://… docker-buildx build …`
    plugin("docker-compose")        Compose v2
    buildx_client(host, config)     `docker buildx build …`, `docker build …` (by buildx), `docker compose …`

Tests that use them are marked `@pytest.mark.peer("buildx")`, and skipped where they can't be had.
"""

from pathlib import Path

from tests.peers.docker import debian_client, docker_client
from tests.peers.programs import Program, program

PLUGINS = ("docker-buildx", "docker-compose")


def plugin(name: str = "docker-buildx") -> Path:
    """The file of a plugin, fetched if it isn't in the cache yet."""
    return Path(program(name, peer="buildx").path)


def buildx_client(host: str, config: Path, release: int | None = None) -> Program:
    """`docker` for the engine at `host`, with the plugins and with its configuration in folder `config` (made here).

    `release`: Debian 13's client (26) in place of the one on PATH.
    """
    client = docker_client(host) if release is None else debian_client(host, release)
    (config / "cli-plugins").mkdir(parents=True, exist_ok=True)
    for name in PLUGINS:
        link = config / "cli-plugins" / name
        link.unlink(missing_ok=True)
        link.symlink_to(plugin(name))
    return client._replace(environment={**(client.environment or {}), "DOCKER_CONFIG": str(config)})
