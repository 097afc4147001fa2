"""What nothing names is gone: after random pulls, runs, removals and prunes, with the daemon killed in the middle of
them, the disk holds what a fresh daemon with the same images holds.

`DOCKYARD_TEST_ROUNDS=1000` for the whole; a sample otherwise.
"""

import os
import random
import sqlite3
import subprocess
import time
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

import pytest
from tests.e2e.registry.conftest import busybox_layer
from tests.support.client import Docker
from tests.support.engine import Engine
from tests.support.faulty_registry import faulty_registry
from tests.support.packs import Pack, attested_pack, image_pack, index_pack, layer
from tests.support.wait import wait_until

pytestmark = pytest.mark.dockyard_only
ROUNDS = int(os.environ.get("DOCKYARD_TEST_ROUNDS", "40"))
SEED = int(os.environ.get("DOCKYARD_TEST_SEED", "4"))


def packs() -> dict[str, Pack]:
    """Images on one base, on half of it, with a layer twice, of several platforms, uncompressed, attested."""
    base = [busybox_layer(), layer({"base": b"c" * 90_000}, "zstd")]
    own = [layer({f"own{n}": os.urandom(200_000)}, ("gzip", "zstd", "")[n % 3]) for n in range(6)]
    platforms = {f"linux/{one}": image_pack([*base, own[5]], architecture=one) for one in ("amd64", "arm64")}
    return {
        "a": image_pack([*base, own[0]], docker=True),
        "b": image_pack([*base, own[1], own[2]]),
        "c": image_pack([base[0], own[3]]),
        "d": image_pack([*base, own[4], own[4]]),
        "e": index_pack(platforms),
        "f": attested_pack({"linux/amd64": image_pack(base)}),
    }


class Life:
    """What is done to an engine. Each verb may fail; what counts is what is on the disk in the end."""

    def __init__(self, engine: Engine, repository: str, choose: random.Random) -> None:
        self.engine = engine
        self.repository = repository
        self.choose = choose
        self.kills = 0
        self.done: dict[str, int] = {}

    def step(self) -> None:
        verbs = [self.pull] * 4 + [self.run] * 2 + [self.rmi] * 3 + [self.prune, self.containers_gone]
        verb = self.choose.choice(verbs)
        arguments = verb(f"{self.repository}:{self.choose.choice('abcdef')}")
        name = verb.__name__
        if self.choose.random() < 0.25:
            name += " with a kill"
            self.killed_in(arguments)
        else:
            self.engine.docker.result(*arguments, timeout_seconds=60)
        self.done[name] = self.done.get(name, 0) + 1

    def pull(self, name: str) -> tuple[str, ...]:
        platform = self.choose.choice(("linux/amd64", "linux/arm64")) if name.endswith(":e") else "linux/amd64"
        return ("pull", "-q", "--platform", platform, name)

    def run(self, name: str) -> tuple[str, ...]:
        also = self.choose.choice((("--rm",), ("-d",), ()))
        return ("run", *also, "--network", "none", "--platform", "linux/amd64", name, "sh", "-c", "echo >/x")

    def rmi(self, name: str) -> tuple[str, ...]:
        return ("rmi", *self.choose.choice(((), ("-f",))), name)

    def prune(self, _: str) -> tuple[str, ...]:
        return self.choose.choice((("image", "prune", "-f"), ("image", "prune", "-af"), ("system", "prune", "-f")))

    def containers_gone(self, _: str) -> tuple[str, ...]:
        return ("container", "prune", "-f")

    def killed_in(self, arguments: tuple[str, ...]) -> None:
        """SIGKILL somewhere in the middle of it, or just after."""
        client = self.engine.docker.start(*arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(self.choose.random() * 0.3)
        self.engine.kill()
        client.wait(30)
        self.kills += 1
        self.engine.start()


def disk(engine: Engine) -> dict[str, int]:
    """Blobs by digest and size; of layers how many there are without those of containers, and their bytes."""
    content = engine.data / "content"
    found = {path.name: path.stat().st_size for path in (content / "blobs" / "sha256").iterdir()}
    found |= {f"{where}/": len(list((content / where).iterdir())) for where in ("ingest", "downloads")}
    with sqlite3.connect(f"file:{engine.data}/dockyard.db?mode=ro", uri=True) as database:
        inits = database.execute("SELECT count(*) FROM init_layers").fetchone()[0]
    layers = [path for path in (engine.data / "overlay2").iterdir() if path.name != "l"]
    found["layers"] = len(layers) - inits
    found["links"] = len(list((engine.data / "overlay2" / "l").iterdir())) - inits
    files = [path for one in layers for path in (one / "diff").rglob("*") if path.is_file() and not path.is_symlink()]
    found["bytes"] = sum(path.stat().st_size for path in files)
    return found


@pytest.mark.timeout(max(180, ROUNDS * 3))
def test_the_disk_holds_what_a_fresh_daemon_holds(make_engine: Callable[..., Engine], tmp_path: Path) -> None:
    with faulty_registry({"app": packs()}) as registry:
        engine = make_engine(image=False)
        life = Life(engine, f"{registry.address}/app", random.Random(SEED))
        for _ in range(ROUNDS):
            life.step()
        docker = engine.docker
        everything = docker("ps", "-aq").split()
        if everything:
            docker("rm", "-f", *everything)
        docker("image", "prune", "-f")
        ids = set(docker("images", "-q", "--no-trunc").split())
        fresh = make_engine(image=False)
        pulls = sorted(pulls_for(docker, ids))  # what a tag has left comes first
        for _, tag, platform in pulls:
            fresh.docker("pull", "-q", "--platform", platform, f"{life.repository}:{tag}")
        assert set(fresh.docker("images", "-q", "--no-trunc").split()) == ids, life.done
        wait_until(lambda: disk(engine) == disk(fresh), "the disk of a fresh daemon", 15)
        if ids:
            docker("rmi", "-f", *ids)
        wait_until(lambda: set(disk(engine).values()) == {0}, "an empty disk", 15)
        print(f"{ROUNDS} operations, {life.kills} kills: {life.done}")


def pulls_for(docker: Docker, ids: Collection[str]) -> Iterator[tuple[bool, str, str]]:
    """Whether it is a tag's image now, tag and platform of each pull that brings one of the images."""
    for one in ids:
        image = docker.inspect(one)
        tags = [name.rpartition(":")[2] for name in image["RepoTags"]]
        for tag in tags or ["e"]:  # the platform that the tag doesn't mean any more
            yield bool(tags), tag, f"linux/{image['Architecture']}"
