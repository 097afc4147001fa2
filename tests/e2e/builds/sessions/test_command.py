"""`dockyard build` as users call it; where buildx says something about the same, it says the same."""

import json
import os
import re
import signal
import subprocess
import tarfile

import pytest
from tests.peers import buildx_client

NONE = ("--network", "none")


def text_of(output):
    """Progress without what differs from run to run: times, and the order of steps that run side by side."""
    output = re.sub(r"^(#\d+ )\d+\.\d+ ", r"\1T ", output, flags=re.MULTILINE)
    output = re.sub(r"^\d+\.\d+ ", "T ", output, flags=re.MULTILINE)
    return re.sub(r" \d+\.\ds( done)?$", r"\1", output, flags=re.MULTILINE)


@pytest.mark.row("X12")
def test_everything_at_once(sessions, tmp_path):
    (tmp_path / "secret").write_text("hidden")
    other = tmp_path / "other"
    other.mkdir()
    (other / "o").write_text("2")
    folder = sessions.context(
        "FROM busybox AS x\nARG A\nRUN --mount=type=secret,id=s echo $A $(wc -c </run/secrets/s) >/r\n"
        "COPY --from=other o /o\nFROM scratch AS y\n"
    )
    done = sessions.command(
        "build", "-t", "everything:1", "--build-arg", "A", "--secret", f"id=s,src={tmp_path}/secret", "--target=x",
        "--build-context", f"other={other}", "--label", "l=1", "--iidfile", f"{tmp_path}/iid", "--progress=plain",
        "--metadata-file", f"{tmp_path}/meta.json", "--no-cache", *NONE, str(folder), A="from the environment",
    )  # fmt: skip
    assert done.code == 0, done.err
    assert done.out == ""
    assert sessions.run("everything:1", "cat", "/r", "/o") == "from the environment 6\n2"
    image = sessions.docker.inspect("everything:1", "--type", "image")
    assert (tmp_path / "iid").read_text() == image["Id"]
    assert json.loads((tmp_path / "meta.json").read_text())["containerimage.digest"].startswith("sha256:")
    assert image["Config"]["Labels"] == {"l": "1"}


def test_quiet(sessions):
    folder = sessions.context("FROM busybox\nRUN echo loud\n")
    done = sessions.command("image", "build", "-q", *NONE, str(folder))
    assert (done.code, done.err) == (0, "")
    assert re.fullmatch(r"sha256:[0-9a-f]{64}\n", done.out)
    folder = sessions.context("FROM busybox\nRUN echo loud; false\n")
    done = sessions.command("buildx", "build", "-q", *NONE, str(folder))
    assert (done.code, done.out) == (1, "")
    assert "loud" in done.err
    assert "Dockerfile:2" in done.err


def test_outputs(sessions, tmp_path):
    folder = sessions.context("FROM scratch\nCOPY a /a\n", {"a": "A"})
    assert sessions.command("build", "-o", str(tmp_path / "out"), str(folder)).code == 0
    assert (tmp_path / "out" / "a").read_text() == "A"
    with open(tmp_path / "x.tar", "wb") as file:
        environment = {"DOCKER_HOST": sessions.docker.host, "PATH": os.environ["PATH"]}
        command = [str(sessions.program), "build", "-o", "-", str(folder)]
        subprocess.run(command, check=True, stdout=file, stderr=subprocess.DEVNULL, env=environment, timeout=60)
    with tarfile.open(tmp_path / "x.tar") as archive:
        assert [name.strip("./") for name in archive.getnames() if name.strip("./")] == ["a"]
    done = sessions.command("build", "-o", "type=local,dest=x", "--iidfile", "y", str(folder))
    assert (done.code, done.err) == (
        1,
        "ERROR: failed to build: local and tar exporters are incompatible with image ID file\n",
    )


def test_from_stdin(sessions):
    done = sessions.command("build", "-q", *NONE, "-", stdin=b"FROM busybox\nRUN echo 1 >/x\n")
    assert sessions.run(done.out.strip(), "cat", "/x") == "1"
    folder = sessions.context("FROM scratch", {"f": "2"})
    done = sessions.command("build", "-q", "-f", "-", str(folder), stdin=b"FROM busybox\nCOPY f /\n")
    assert sessions.run(done.out.strip(), "cat", "/f") == "2"


def test_what_the_daemon_refuses(sessions):
    folder = sessions.context("FROM busybox\n")
    done = sessions.command("build", "--allow", "nonsense", str(folder))
    assert done.code == 1
    assert "nonsense" in done.err
    assert "Traceback" not in done.err


def test_the_cache(sessions):
    folder = sessions.context("FROM busybox\nRUN --mount=type=cache,target=/c,id=mine echo kept >/c/f\n")
    assert sessions.command("build", *NONE, str(folder)).code == 0
    listed = sessions.command("buildx", "du")
    assert listed.code == 0
    assert "RECLAIMABLE" in listed.out
    assert "Total:" in listed.out
    assert "Type:" in sessions.command("buildx", "du", "--verbose").out
    done = sessions.command("builder", "prune", "-f", "--filter", "type=exec.cachemount")
    assert "Total reclaimed space:" in done.out


@pytest.mark.peer("buildx")
@pytest.mark.parametrize(
    "dockerfile",
    [
        "FROM busybox\nRUN echo one; echo two; printf three\nCOPY . /c\n",
        "FROM busybox\nRUN true\nRUN echo down; exit 3\nRUN true\n",
        "FROM busybox AS a\nRUN echo a >/a\nFROM busybox\nCOPY --from=a /a /b\n",
        "FROM busybox\nRUNN true\n",
        "FROM busybox\nCOPY gone /\n",
    ],
)
def test_progress_is_that_of_buildx(sessions, dockerfile, tmp_path):
    folder = sessions.context(dockerfile, {"file": "x" * 3000})
    for arguments in (["--no-cache"], [])[: 2 if "COPY . /c" in dockerfile else 1]:
        client = buildx_client(sessions.docker.host, tmp_path / "config")
        command = client.command("buildx", "build", "--progress=plain", *NONE, *arguments, str(folder))
        theirs = subprocess.run(command, capture_output=True, text=True, env=client.environment, timeout=60)
        ours = sessions.command("build", "--progress=plain", *NONE, *arguments, str(folder))
        assert ours.code == theirs.returncode
        expected, found = (_comparable(text) for text in (theirs.stderr, ours.err))
        assert sorted(found) == sorted(expected)


def _comparable(text):
    """What each step says, as one text, whoever spoke meanwhile; numbers follow the order of beginning, which races."""
    text = text_of(text.replace("failed to build: ", ""))
    text = re.sub(r"(?s)\n \x1b\[33m.*?\n(?=\S)|\n \x1b\[33m.*", "\n", text)  # warnings in the end: other hints
    text = re.sub(r"sha256:[0-9a-f]{64}|[\w-]{36}::\w{25}", "ID", text)
    text = re.sub(r"(?m)^(#\d+ .*FROM .*\n#\d+) CACHED", r"\1 DONE", text)  # told twice: as done, then as known
    text = re.sub(r"(?m)^#\d+ (?:transferring|exporting layers|writing image|naming to|\.\.\.).*\n", "", text)
    steps, others = {}, []
    for line in text.split("\n"):
        number, _, said = line.partition(" ")
        lines = steps.setdefault(number, []) if re.fullmatch(r"#\d+", number) else others
        # Docker tells a name or an end again when others spoke meanwhile.
        if lines is others or (said != (lines or [""])[0] and not (said == "DONE" and said in lines)):
            lines.append(said if lines is not others else line)
    return ["\n".join(lines) for lines in (*steps.values(), [line for line in others if line])]


def test_ctrl_c_cancels_the_build(sessions):
    folder = sessions.context("FROM busybox\nRUN echo begun; sleep 3600\n")
    environment = {"DOCKER_HOST": sessions.docker.host, "PATH": os.environ["PATH"], "HOME": str(sessions.home)}
    command = [str(sessions.program), "build", "--progress=plain", "--no-cache", *NONE, str(folder)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if line.endswith(" begun\n"):
                break
        process.send_signal(signal.SIGINT)
        rest = process.stderr.read()
        assert process.wait(20) == 130
    assert "Traceback" not in rest
    assert "ERROR: failed to build" in rest
    again = sessions.context("FROM busybox\nRUN echo next\n")
    assert sessions.command("build", "-q", *NONE, str(again)).code == 0  # nothing holds the daemon up
