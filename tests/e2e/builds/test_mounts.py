"""`RUN --mount`: what is there while the command runs, what is left of it afterwards, and who shares it with whom."""

import threading
import time
from pathlib import Path

import pytest
from tests.e2e.builds.conftest import classic
from tests.support.build import Builder
from tests.support.engine import Engine


@pytest.mark.row("K9")
def test_mounts_leave_nothing_in_the_image(build: Builder) -> None:
    image = build(
        """FROM busybox AS other
RUN mkdir /o && echo from-stage > /o/f
FROM busybox
RUN --mount=type=bind,source=d,target=/m/ctx \
    --mount=type=bind,from=other,source=/o,target=/m/stage \
    --mount=type=bind,source=f,target=/m/file \
    --mount=type=tmpfs,target=/m/tmp \
    --mount=type=cache,target=/m/cache \
    cat /m/ctx/g /m/stage/f /m/file > /out; touch /m/tmp/x /m/cache/x; ! touch /m/ctx/x 2>/dev/null
""",
        {"d/g": "context ", "f": "single"},
    )
    assert build.run(image, "cat", "/out") == "context from-stage\nsingle"
    assert build.docker.result("run", "--rm", image, "ls", "/m").code != 0


def test_what_is_written_into_a_writable_bind_is_gone(build: Builder) -> None:
    image = build(
        """FROM busybox AS other
RUN mkdir /o
FROM busybox
RUN --mount=type=bind,from=other,source=/o,target=/s,rw --mount=type=bind,source=d,target=/c,rw \
    touch /s/x /c/x && ls /s /c > /out
RUN --mount=type=bind,from=other,source=/o,target=/s --mount=type=bind,source=d,target=/c ls /s /c > /again
""",
        {"d/g": ""},
    )
    assert build.run(image, "cat", "/out").split() == ["/c:", "g", "x", "/s:", "x"]
    assert build.run(image, "cat", "/again").split() == ["/c:", "g", "/s:"]


@pytest.mark.row("K9")
def test_a_cache_mount_is_there_again(own_engine: Engine, tmp_path: Path) -> None:
    build = Builder(classic(own_engine.docker), tmp_path)
    step = "RUN --mount=type=cache,id=counter,target=/c,uid=5,mode=0700 echo {} >> /c/n; stat -c '%u %a' /c; cat /c/n\n"
    assert "5 700\none\n" in build.log("FROM busybox\n" + step.format("one"))
    own_engine.restart()
    assert "one\ntwo\n" in build.log("FROM busybox\n" + step.format("two"))


@pytest.mark.parametrize(("sharing", "seconds"), [("locked", 2.0), ("shared", 0.9)])
def test_locked_caches_are_taken_in_turn(build: Builder, sharing: str, seconds: float) -> None:
    def work(number: int) -> None:
        mount = f"--mount=type=cache,id=turn-{sharing},target=/c,sharing={sharing}"
        one = Builder(build.docker, build.home / str(number))
        one.home.mkdir()
        one(f"FROM busybox\nRUN {mount} echo {number}; sleep 1\n", None, "--network=none")

    threads = [threading.Thread(target=work, args=(number,)) for number in range(2)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    spent = time.monotonic() - began
    assert spent >= seconds
    assert sharing == "locked" or spent < 2.0


def test_what_needs_a_session_says_so(build: Builder) -> None:
    done = build.result("FROM busybox\nRUN --mount=type=secret,id=s,required cat /run/secrets/s\n")
    assert done.code != 0
    assert "secret s: not found" in done.err
    log = build.log("FROM busybox\nRUN --mount=type=secret,id=s test -e /run/secrets/s || echo no-$((1+1))-secret\n")
    assert "no-2-secret" in log


@pytest.mark.parametrize(
    ("mount", "message"),
    [
        ("type=what,target=/x", 'unsupported mount type "what"'),
        ("type=cache", "invalid mount target"),
        ("type=bind,from=nosuchimage.invalid/x,target=/x", "invalid from flag value nosuchimage.invalid/x"),
        ("type=bind,source=nothing,target=/x", "nothing"),
        ("type=cache,target=/x,sharing=odd", 'unsupported sharing value "odd"'),
        ("type=cache,target=/x,what=1", "unexpected key 'what' in 'what=1'"),
    ],
)
def test_wrong_mounts_are_refused(build: Builder, mount: str, message: str) -> None:
    done = build.result(f"FROM busybox\nRUN --mount={mount} true\n")
    assert done.code != 0
    assert message in done.err
