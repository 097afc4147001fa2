"""Each instruction does what the reference says: seen in the image's configuration, its history and its files."""

import json
import re
import time

import pytest
from tests.support.build import Builder
from tests.support.wait import wait_until


@pytest.mark.row("K1", "K2")
def test_the_whole_way_of_docker_build(build: Builder) -> None:
    folder = build.context({"a": "1", "ignored": "x", ".dockerignore": "ignored\n", "other/My.Dockerfile": ""})
    (folder / "Dockerfile").write_text("FROM busybox\nCOPY . /c\n")
    log = build.docker("build", "-t", "way:1", "-t", "way:2", str(folder))
    assert re.search(r"Sending build context to Docker daemon\s+\S+kB", log)
    assert re.search(r"Successfully built [0-9a-f]{12}\nSuccessfully tagged way:1\nSuccessfully tagged way:2$", log)
    assert build.run("way:2", "ls", "/c").split() == ["Dockerfile", "a", "other"]
    elsewhere = build.home / "Elsewhere"
    elsewhere.write_text("FROM busybox\nCOPY a /only\n")
    build.docker("build", "-q", "-t", "way:3", "-f", str(elsewhere), str(folder))
    assert build.run("way:3", "cat", "/only") == "1"
    assert build.docker("build", "-q", "-", stdin="FROM busybox\nENV A=1\n").startswith("sha256:")


@pytest.mark.row("K3")
def test_a_command_runs_in_a_container_that_ps_shows_and_that_goes(build: Builder) -> None:
    folder = build.context({"Dockerfile": "FROM busybox\nRUN echo marker-$((40+2)); sleep 3\n"})
    process = build.docker.start("build", "-t", "shown", str(folder))
    wait_until(lambda: "sleep 3" in build.docker("ps", "--no-trunc", "--format", "{{.Command}}"), "the command", 10)
    out, _ = process.communicate(timeout=30)
    assert b"marker-42" in out
    assert re.search(rb" ---> Running in ([0-9a-f]{12})\n.*Removed intermediate container \1\n", out, re.DOTALL)
    assert build.docker("ps", "-aq") == ""
    assert "sleep 3" in build.docker("history", "--no-trunc", "shown")


@pytest.mark.row("K4")
def test_a_failed_build_leaves_what_it_came_to(build: Builder) -> None:
    done = build.result("FROM busybox\nRUN echo good > /good\nRUN cat /good; false\n")
    assert done.code == 1
    assert "The command '/bin/sh -c cat /good; false' returned a non-zero code: 1" in done.err
    last = re.findall(r"^ ---> ([0-9a-f]{12})$", done.out, re.MULTILINE)[-1]
    assert build.run(last, "cat", "/good") == "good"
    failed = re.findall(r"Running in ([0-9a-f]{12})", done.out)[-1]
    assert build.docker.field(failed, "{{.State.ExitCode}}") == "1"
    assert build.docker("commit", failed, "looked-into").startswith("sha256:")


@pytest.mark.row("K5", "K8")
def test_instructions_are_seen_in_the_image(build: Builder) -> None:
    image = build(
        """FROM busybox
MAINTAINER me <me@example.com>
LABEL one=1 "two words"="a b"
ENV A=1 B="$PATH:/x"
EXPOSE 80 53/udp 90-91
VOLUME /v /w
WORKDIR /made
WORKDIR here
USER 1:2
STOPSIGNAL SIGUSR1
HEALTHCHECK --interval=1m --timeout=2s --start-period=3s --retries=4 CMD test -e /
ENTRYPOINT ["echo", "entry"]
CMD ["first"]
CMD ["last"]
"""
    )
    config = build.config(image)
    assert config["Labels"] == {"one": "1", "two words": "a b"}
    path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    assert config["Env"] == [f"PATH={path}", "A=1", f"B={path}:/x"]
    assert sorted(config["ExposedPorts"]) == ["53/udp", "80/tcp", "90/tcp", "91/tcp"]
    assert sorted(config["Volumes"]) == ["/v", "/w"]
    assert (config["WorkingDir"], config["User"], config["StopSignal"]) == ("/made/here", "1:2", "SIGUSR1")
    assert config["Healthcheck"] == {
        "Test": ["CMD-SHELL", "test -e /"],
        "Interval": 60 * 10**9,
        "Timeout": 2 * 10**9,
        "StartPeriod": 3 * 10**9,
        "Retries": 4,
    }
    assert build.docker.inspect(image)["Author"] == "me <me@example.com>"
    assert build.run(image) == "entry last"
    assert build.run(image, "given") == "entry given"


@pytest.mark.row("K8")
@pytest.mark.parametrize(
    ("instruction", "expected"),
    [
        ("CMD echo $((1+1))", "2"),
        ('CMD ["echo", "$((1+1))"]', "$((1+1))"),
        ("ENTRYPOINT echo shell", "shell"),
        ('SHELL ["/bin/busybox", "echo"]\nCMD hello', "hello"),
    ],
)
def test_shell_and_exec_form(build: Builder, instruction: str, expected: str) -> None:
    assert build.run(build(f"FROM busybox\n{instruction}\n")) == expected


@pytest.mark.row("K9")
def test_arguments_have_their_scopes(build: Builder) -> None:
    dockerfile = """ARG BASE=busybox
ARG SHARED=outer
FROM $BASE AS one
ARG SHARED
ARG OWN=default
ARG UNSET
ENV FROZEN=$OWN
RUN echo "$SHARED $OWN ${UNSET-none} $FROZEN" > /one
FROM ${BASE}
ARG OWN
RUN echo "${SHARED:-unset} ${OWN:-unset}" > /two
COPY --from=one /one /one
"""
    image = build(dockerfile)
    assert build.run(image, "cat", "/one", "/two") == "outer default none default\nunset unset"
    image = build(dockerfile, None, "--build-arg", "OWN=given", "--build-arg", "SHARED=other")
    assert build.run(image, "cat", "/one", "/two") == "other given none given\nunset given"
    assert not [entry for entry in build.config(image)["Env"] if "given" in entry]


@pytest.mark.row("K9")
def test_here_documents(build: Builder) -> None:
    image = build(
        """FROM busybox
ENV NAME=world
COPY <<greeting <<"raw" /texts/
hello $NAME
greeting
hello $NAME
raw
RUN <<EOF
set -e
echo several > /lines
echo lines >> /lines
EOF
RUN <<-SCRIPT
	#!/bin/busybox sh
	echo "run as $0" > /script
	SCRIPT
RUN cat <<A - <<B > /two
in the shell
A
not read
B
"""
    )
    out = build.run(image, "cat", "/texts/greeting", "/texts/raw", "/lines", "/script", "/two")
    wanted = "hello world\nhello $NAME\nseveral\nlines\nrun as /dev/pipes/SCRIPT"
    assert out.startswith(wanted)


@pytest.mark.row("K7")
def test_triggers_run_in_the_child_only_once(build: Builder) -> None:
    build("FROM busybox\nONBUILD COPY f /f\nONBUILD RUN echo ran >> /ran\n", {"f": "parent"}, "-t", "trigger")
    assert build.docker.result("run", "--rm", "trigger", "ls", "/ran").code != 0
    log = build.log("FROM trigger\nENV X=1\n", {"f": "child"}, "-t", "child")
    assert "# Executing 2 build triggers" in log
    assert build.run("child", "cat", "/f", "/ran") == "childran"
    assert build.config("child").get("OnBuild") is None
    grandchild = build("FROM child\nRUN true\n")
    assert build.run(grandchild, "cat", "/ran") == "ran"


@pytest.mark.row("K9")
def test_stages_that_nothing_needs_do_not_run_and_others_run_side_by_side(build: Builder) -> None:
    dockerfile = """FROM busybox AS one
RUN sleep 2; date +%s > /one
FROM busybox AS unneeded
RUN false
FROM busybox AS two
RUN sleep 2; date +%s > /two
FROM busybox
COPY --from=one /one /
COPY --from=two /two /
"""
    began = time.monotonic()
    log = build.log(dockerfile, None, "-t", "stages", "--network", "none")
    assert time.monotonic() - began < 3.7
    assert "Step 3/9 : FROM busybox AS unneeded\n ---> Not needed\nStep 5/9" in log
    one, two = build.run("stages", "cat", "/one", "/two").split()
    assert abs(int(one) - int(two)) <= 1


def test_an_image_id_and_aux_messages_are_told(build: Builder) -> None:
    folder = build.context({"Dockerfile": "FROM busybox\nENV A=1\n"})
    id_file = build.home / "iid"
    build.docker("build", "-q", "--iidfile", str(id_file), str(folder))
    assert build.docker("inspect", "--format", "{{.Id}}", id_file.read_text().strip()) == id_file.read_text().strip()


def test_the_environment_of_a_command_is_that_of_the_image(build: Builder) -> None:
    log = build.log("FROM busybox\nENV A=1\nUSER 7\nWORKDIR /tmp/w\nRUN id -u; pwd; env | sort\n")
    lines = log.split("\n")
    assert {"7", "/tmp/w", "A=1", "PWD=/tmp/w"} <= set(lines)
    history = json.loads(json.dumps(log))
    assert "HOSTNAME=" in history


def test_containers_that_are_kept_have_what_they_wrote(build: Builder) -> None:
    log = build.log("FROM busybox\nRUN echo kept > /k\n", None, "--rm=false", "-t", "kept")
    container = re.findall(r"Running in ([0-9a-f]{12})", log)[-1]
    assert "Removed" not in log
    assert "A /k" in build.docker("diff", container).split("\n")
    assert build.run("kept", "cat", "/k") == "kept"
