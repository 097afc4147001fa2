"""Word for word: the same commands to Debian's runc and to `dockyard-runc`, and the same answers.

What can't be the same is masked: times, process ids, and the directories of the test.
"""

import json
import os
import re
import subprocess
import time
from pathlib import Path
from typing import NamedTuple

import pytest
from tests.conformance.kit.bundle import Bundle
from tests.peers import program

pytestmark = [pytest.mark.peer("runc"), pytest.mark.row("N1", "N4")]


class Answer(NamedTuple):
    """What a command line gave."""

    code: int
    out: str
    err: str


class Side:
    """One of the two runtimes, with a bundle and a root directory of its own."""

    def __init__(self, command: str, directory: Path) -> None:
        self.command = command
        self.directory = directory
        directory.mkdir()
        (directory / "bundle").mkdir()
        self.bundle = Bundle(directory / "bundle")
        self.bundle.process["args"] = ["sleep", "1000"]
        # By default both would take the cgroup "web".
        self.bundle.linux["cgroupsPath"] = f"/like-runc-{os.getpid()}/{directory.name}"
        self.bundle.save()

    def __call__(self, *words: str, given: str | None = None) -> Answer:
        with (self.directory / "out").open("w") as out, (self.directory / "err").open("w") as err:
            done = subprocess.run(
                [self.command, "--root", self.directory / "root", *words],
                cwd=self.bundle.directory,
                input=given,
                stdin=subprocess.DEVNULL if given is None else None,
                stdout=out,
                stderr=err,
                text=True,
                timeout=60,
                check=False,
            )
        return Answer(
            done.returncode,
            self._mask((self.directory / "out").read_text()),
            self._mask((self.directory / "err").read_text()),
        )

    def _mask(self, text: str) -> str:
        text = text.replace(str(self.directory), "DIRECTORY").replace(self.command, "PROGRAM")
        text = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z *", "TIME ", text)
        text = re.sub(r'("pid": )[1-9]\d*', r"\1PID", text)
        return re.sub(r'"ociVersion": "[^"]*"', '"ociVersion": "1"', text)


@pytest.fixture
def both(tmp_path: Path, dockyard_runc: str):
    """Both runtimes; the containers are removed afterwards."""
    sides = Side(program("runc").path, tmp_path / "theirs"), Side(dockyard_runc, tmp_path / "ours")
    yield sides
    for side in sides:
        side("delete", "--force", "web")


def same(both: tuple[Side, Side], *words: str, given: str | None = None) -> Answer:
    """The answer that both give."""
    theirs, ours = (side(*words, given=given) for side in both)
    assert ours == theirs
    return ours


def test_without_a_container(both):
    for verb in ("start", "state", "kill", "delete", "exec", "ps", "pause", "resume", "events", "update"):
        assert same(both, verb, "web", *(["true"] if verb == "exec" else [])).code in (1, 255)
    for verb in ("create", "run"):
        same(both, verb, "--bundle", "/no/such/bundle", "web")
    same(both, "list")
    same(both, "list", "--format", "json")
    same(both, "list", "--quiet")
    same(both, "list", "--format", "yaml")
    same(both, "delete", "--force", "web")
    same(both, "state", "")
    same(both, "no-such-verb")
    same(both, "--log-format", "xml", "state", "web")
    same(both, "--log", "/no/such/log", "state", "web")


def test_the_log_file(both):
    for log_format in ("text", "json"):
        for side in both:
            side("--log", str(side.directory / "log"), "--log-format", log_format, "start", "web")
        theirs, ours = (side._mask((side.directory / "log").read_text()) for side in both)
        assert ours == theirs


def test_a_life(both):
    assert same(both, "create", "web") == (0, "", "")
    assert same(both, "create", "web").code == 1
    assert '"status": "created"' in same(both, "state", "web").out
    assert same(both, "kill", "web", "0").code == 0
    assert same(both, "start", "web") == (0, "", "")
    same(both, "start", "web")
    same(both, "run", "web")
    same(both, "delete", "web")
    assert '"status": "running"' in same(both, "state", "web").out
    same(both, "pause", "web")
    same(both, "pause", "web")
    same(both, "state", "web")
    same(both, "exec", "web", "true")
    same(both, "resume", "web")
    same(both, "resume", "web")
    same(both, "kill", "web", "NOPE")
    same(both, "kill", "web", "99")
    assert same(both, "kill", "web", "KILL") == (0, "", "")
    wait_until_stopped(both)
    assert '"status": "stopped"' in same(both, "state", "web").out
    same(both, "start", "web")
    same(both, "exec", "web", "true")
    same(both, "pause", "web")
    same(both, "resume", "web")
    assert same(both, "delete", "web") == (0, "", "")
    same(both, "delete", "web")


def wait_until_stopped(both):
    deadline = time.monotonic() + 10
    for side in both:
        while '"stopped"' not in side("state", "web").out:
            assert time.monotonic() < deadline
            time.sleep(0.02)


def test_exec(both, tmp_path: Path):
    for side in both:
        side("run", "--detach", "web")
    for words in (
        ["web", "sh", "-c", "echo out; echo err >&2; exit 5"],
        ["web", "sh", "-c", "kill -9 $$"],
        ["web", "no-such-program"],
        ["web", "/no/such/program"],
        ["web", "/etc/passwd"],
        ["web"],
        ["--cwd", "/no/such", "web", "true"],
        ["--user", "abc", "web", "true"],
        ["--user", "1:2", "web", "id"],
        ["--env", "A=b", "web", "sh", "-c", "echo $A; pwd"],
        ["--process", "/no/such/file", "web"],
        ["--tty", "--detach", "web", "true"],
        ["--console-socket", "/no/such/socket", "web", "true"],
        ["--console-socket", "/no/such/socket", "--tty", "--detach", "web", "true"],
        ["--cgroup", "a:b:c", "web", "true"],
    ):
        same(both, "exec", *words)
    assert same(both, "exec", "web", "cat", given="given\n").out == "given\n"
    process = {"args": ["id"], "cwd": "/", "user": {"uid": 5, "gid": 6, "additionalGids": [7]}, "env": ["PATH=/bin"]}
    for wrong in ({}, {"cwd": ""}, {"cwd": "relative"}, {"args": []}):
        (tmp_path / "process.json").write_text(json.dumps(process | wrong))
        same(both, "exec", "--process", str(tmp_path / "process.json"), "web")


def test_update(both):
    for side in both:
        side("run", "--detach", "web")
    same(both, "update", "--pids-limit", "50", "web")
    same(both, "update", "web")
    same(both, "update", "--memory", "abc", "web")
    same(both, "update", "--resources", "/no/such/file", "web")
    same(both, "update", "--resources", "-", "web", given='{"pids": {"limit": 60}}')


@pytest.mark.parametrize(
    "change",
    [
        {"process": {"args": ["no-such-program"]}},
        {"process": {"args": ["/no/such/program"]}},
        {"process": {"args": ["/etc/passwd"]}},
        {"process": {"args": []}},
        {"process": {"cwd": ""}},
        {"process": {"cwd": "relative"}},
        {"process": {"terminal": True}},
        {"root": {"path": "missing"}},
        {"linux": {"namespaces": [{"type": "galaxy"}]}},
        {"linux": {"namespaces": [{"type": "mount"}, {"type": "mount"}]}},
        {"linux": {"seccomp": {"defaultAction": "SCMP_ACT_NONSENSE"}}},
        {"linux": {"seccomp": {"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["nonsense"]}}},
    ],
    ids=str,
)
def test_configurations_that_are_refused(both, change):
    for side in both:
        for section, values in change.items():
            side.bundle.config[section] |= values
        side.bundle.save()
    assert same(both, "create", "web").code == 1


def test_the_arguments_of_verbs(both):
    for words in (["start"], ["start", "a", "b"], ["state"], ["kill"], ["delete", "a", "b"], ["exec"], ["list", "x"]):
        theirs, ours = (side(*words) for side in both)
        # The help in between is in words of our own.
        assert (ours.code, ours.err) == (theirs.code, theirs.err)
        assert ours.out.splitlines()[0] == theirs.out.splitlines()[0]
    for words in (["start", "--nope", "web"], ["create", "--preserve-fds", "x", "web"], ["run", "--bundle"]):
        theirs, ours = (side(*words) for side in both)
        assert (ours.code, ours.err) == (theirs.code, theirs.err)


def test_spec(both, tmp_path: Path):
    for flags in ([], ["--rootless"]):
        for side in both:
            (side.bundle.directory / "config.json").unlink()
        assert same(both, "spec", *flags) == (0, "", "")
        theirs, ours = (json.loads((side.bundle.directory / "config.json").read_text()) for side in both)
        assert ours | {"ociVersion": ""} == theirs | {"ociVersion": ""}
        same(both, "spec", *flags)
    same(both, "spec", "--bundle", "/no/such/bundle")


def test_features(both):
    theirs, ours = (json.loads(side("features").out) for side in both)
    for section in ("hooks",):
        assert ours[section] == theirs[section]
    # Flags that no kernel of today looks at, and one that only makes sense for a mount that is there already.
    assert set(theirs["mountOptions"]) - set(ours["mountOptions"]) <= {"acl", "noacl", "remount"}
    assert set(theirs["linux"]["namespaces"]) <= set(ours["linux"]["namespaces"])
    assert theirs["linux"]["capabilities"] == ours["linux"]["capabilities"]
    for key in ("operators", "archs"):
        assert set(theirs["linux"]["seccomp"][key]) <= set(ours["linux"]["seccomp"][key])
