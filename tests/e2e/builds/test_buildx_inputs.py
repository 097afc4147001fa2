"""What makes a step of buildx's another one, next to Docker 28, and what it says of what isn't there."""

import pytest

pytestmark = [pytest.mark.peer("buildx", "docker-26"), pytest.mark.dockyard_only]


@pytest.mark.parametrize(
    ("asked", "seen"),
    [
        ("--add-host=a:1.2.3.4 --add-host=b:1.2.3.5", "grep -c 1.2.3 /etc/hosts"),
        ("--ulimit=nofile=77:78", "ulimit -n"),
        ("--shm-size=8m", "df -P /dev/shm | awk 'END { print $2 }'"),
        ("--cgroup-parent=/inputs", "wc -c < /proc/self/cgroup"),
        ("--build-arg=BUILDKIT_SANDBOX_HOSTNAME=other", "hostname"),
    ],
)
def test_what_a_command_runs_with_makes_it_another_one(buildx, docker, asked, seen):
    dockerfile = f"FROM busybox\nRUN : {asked.partition('=')[0]}; {{ {seen}; date +%N; }} > /seen\n"
    arguments = ("--network=none", *asked.split())
    plain, other, again = buildx(dockerfile, {}, "--network=none"), *(buildx(dockerfile, {}, *arguments) for _ in "12")
    assert plain != other
    assert other == again
    told = [docker("run", "--rm", "--network=none", one, "head", "-n1", "/seen") for one in (plain, other)]
    assert "cgroup" in asked or told[0] != told[1]


def test_where_an_extra_host_is_makes_no_other_step(buildx):
    dockerfile = "FROM busybox\nRUN date +%N > /seen\n"
    one, two = (buildx(dockerfile, {}, "--network=none", f"--add-host=a:1.2.3.{last}") for last in "45")
    assert one == two


@pytest.mark.parametrize(
    ("copy", "missing"),
    [
        ("l* /x/", "/l1"),
        ("d/* l2 /x/", "/d/l3"),
        ("*/l3 /x/", "/d/l3"),
        ("--parents **/l3 /x/", "/d/l3"),
        ("--from=a /s/l* /x/", "/s/l1"),
    ],
)
def test_a_match_that_is_a_link_to_nothing_is_missed(buildx, copy, missing):
    head = "# syntax=docker/dockerfile:1-labs\n" if "--parents" in copy else ""
    dockerfile = f"{head}FROM busybox AS a\nCOPY . /s/\nFROM busybox\nCOPY {copy}\n"
    context = buildx.context({"Dockerfile": dockerfile, "l2": "", "d/f": ""})
    (context / "l1").symlink_to("nowhere")
    (context / "d/l3").symlink_to("/etc/passwd")
    done = buildx.docker.result("buildx", "build", "--progress=plain", str(context))
    assert done.code == 1
    assert f'"{missing}": not found' in done.err
    assert "failed to solve: failed to compute cache key: failed to calculate checksum of ref " in done.err
