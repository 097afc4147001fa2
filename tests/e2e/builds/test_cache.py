"""The build cache: what is done again and what isn't, across daemons, and how it is seen and emptied."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest
from tests.e2e.builds.conftest import classic
from tests.support.build import Builder
from tests.support.client import Docker
from tests.support.engine import Engine
from tests.support.http import request

STEPS = "FROM busybox\nRUN echo first > /1\nCOPY f /f\nRUN cat /f > /2\nENV DONE=1\n"


def reused(log: str) -> int:
    """How many steps came from the cache."""
    return log.count(" ---> Using cache\n")


@pytest.mark.row("K10")
def test_a_second_build_does_nothing_and_gives_the_same_image(build: Builder) -> None:
    first, again = build(STEPS, {"f": "1"}), build(STEPS, {"f": "1"})
    assert first == again
    assert reused(build.log(STEPS, {"f": "1"})) == 4
    changed = build.log(STEPS, {"f": "2"})
    assert reused(changed) == 1  # the command before the changed file
    assert reused(build.log(STEPS, {"f": "1"}, "--no-cache")) == 0


@pytest.mark.row("K10")
def test_times_of_files_do_not_count_but_modes_and_names_do(build: Builder) -> None:
    dockerfile = "FROM busybox\nCOPY d /d\n"
    folder = build.context({"Dockerfile": dockerfile, "d/f": "x"})
    build.docker("build", "-q", str(folder))
    (folder / "d/f").touch()
    assert reused(build.docker("build", str(folder))) == 1
    (folder / "d/f").chmod(0o755)
    assert reused(build.docker("build", str(folder))) == 0
    (folder / "d/f").rename(folder / "d/g")
    assert reused(build.docker("build", str(folder))) == 0


def test_arguments_and_environment_count_where_they_are_seen(build: Builder) -> None:
    dockerfile = "FROM busybox\nRUN echo before\nARG A\nRUN echo after\nENV B=1\nRUN echo end\n"
    build(dockerfile, None, "--build-arg", "A=1")
    assert reused(build.log(dockerfile, None, "--build-arg", "A=1")) == 5
    assert reused(build.log(dockerfile, None, "--build-arg", "A=2")) == 2
    plain = "FROM busybox\nRUN echo proxied\n"
    build(plain)
    assert reused(build.log(plain, None, "--build-arg", "http_proxy=x")) == 1


def test_the_same_step_in_another_dockerfile_is_known(build: Builder) -> None:
    build("FROM busybox AS a\nRUN echo shared-step\n")
    assert reused(build.log("FROM busybox AS other\nRUN echo shared-step\nRUN echo own\n")) == 1


def test_what_a_removed_image_had_is_still_in_the_cache(build: Builder) -> None:
    image = build("FROM busybox\nRUN echo kept-in-cache > /k\n")
    build.docker("rmi", "-f", image)
    log = build.log("FROM busybox\nRUN echo kept-in-cache > /k\n", None, "-t", "again")
    assert reused(log) == 1
    assert build.run("again", "cat", "/k") == "kept-in-cache"


def test_the_cache_outlives_a_killed_daemon(own_engine: Engine, tmp_path: Path) -> None:
    build = Builder(classic(own_engine.docker), tmp_path)
    first = build(STEPS, {"f": "1"})
    own_engine.restart()
    assert reused(build.log(STEPS, {"f": "1"})) == 4
    assert build(STEPS, {"f": "1"}) == first


@pytest.mark.row("K10")
def test_cache_from_takes_layers_of_an_image_that_came_from_elsewhere(
    build: Builder, make_engine: Callable[..., Engine], tmp_path: Path
) -> None:
    build(STEPS, {"f": "1"}, "-t", "published")
    archive = tmp_path / "image.tar"
    build.docker("save", "-o", str(archive), "published")
    other = Builder(classic(make_engine().docker), tmp_path / "other")
    other.home.mkdir()
    other.docker("load", "-i", str(archive))
    log = other.log(STEPS, {"f": "1"}, "--cache-from", "published")
    assert reused(log) >= 3
    assert "Running in" not in log.split("Step 5/5")[0]


def test_df_shows_the_cache_and_prune_empties_it(own_engine: Engine, tmp_path: Path) -> None:
    build = Builder(classic(own_engine.docker), tmp_path)
    steps = "RUN dd if=/dev/zero of=/big bs=1k count=2000\nRUN --mount=type=cache,target=/c,id=mine touch /c/x\n"
    image = build(f"FROM busybox\n{steps}")
    rows = usage(own_engine.docker)
    assert any(row["Type"] == "exec.cachemount" and "mine" in row["Description"] for row in rows)
    assert any(row["Type"] == "regular" and row["Size"] >= 2_000_000 and row["Shared"] for row in rows)
    own_engine.docker("rmi", "-f", image)
    assert all(not row["Shared"] for row in usage(own_engine.docker) if row["Size"])
    filters = quote('{"type":["exec.cachemount"]}')
    answer = request(own_engine.docker.socket, "POST", f"/build/prune?filters={filters}")
    assert len(json.loads(answer.body)["CachesDeleted"]) == 1
    out = own_engine.docker("builder", "prune", "-af")
    assert re.search(r"Total(?: reclaimed space)?:\s+2\.\d+MB", out), out
    assert usage(own_engine.docker) == []
    assert len(own_engine.docker("images", "-aq").split()) == 1
    assert not list((own_engine.data / "overlay2").glob("*/diff/big"))


def usage(docker: Docker) -> list[dict[str, object]]:
    """The build cache in `GET /system/df`."""
    rows: list[dict[str, object]] = json.loads(request(docker.socket, "GET", "/v1.50/system/df").body)["BuildCache"]
    return rows


def test_source_date_epoch_gives_the_same_image_everywhere(
    build: Builder, make_engine: Callable[..., Engine], tmp_path: Path
) -> None:
    command = "mkdir /d; echo x > /d/f; ln -s f /d/l; rm /bin/wget"
    dockerfile = f"FROM busybox\nRUN {command}\nCOPY f /f\nWORKDIR /w\nENV A=1\n"
    arguments = ("--build-arg", "SOURCE_DATE_EPOCH=1700000000", "--no-cache")
    other = Builder(classic(make_engine().docker), tmp_path / "other")
    other.home.mkdir()
    assert build(dockerfile, {"f": "1"}, *arguments) == other(dockerfile, {"f": "1"}, *arguments)
    assert build.docker.inspect(build(dockerfile, {"f": "1"}, *arguments))["Created"] == "2023-11-14T22:13:20Z"
