"""The command as a whole: global flags, nouns and verbs, help, refusals."""

import importlib
import sys
from pathlib import Path

import pytest

from dockyard.cli.command import Command
from dockyard.cli.commands import ALIASES, NOT_YET, NOUNS, VERBS
from dockyard.cli.main import main

ROWS = {**{f"{noun} {name}": row for noun, (_, verbs) in NOUNS.items() for name, row in verbs.items()}, **VERBS}


def said(capfd: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(list(arguments))
    printed = capfd.readouterr()
    return code, printed.out, printed.err


@pytest.mark.row("A15")
@pytest.mark.parametrize("flag", ["-v", "--version"])
def test_version(flag: str, capfd: pytest.CaptureFixture[str]) -> None:
    code, out, err = said(capfd, flag)
    assert (code, err) == (0, "")
    assert out.startswith("Docker version ")
    assert out.endswith(", build dockyard\n")


@pytest.mark.parametrize("name", sorted(ROWS))
def test_every_verb_has_help(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    if name == "daemon":
        return
    code, out, _ = said(capfd, *name.split(), "--help")
    assert code == 0
    assert out.startswith(f"Usage:  dockyard {name}")
    module = importlib.import_module(f"dockyard.cli.{ROWS[name][0]}")
    assert isinstance(module.COMMAND, Command)
    assert module.COMMAND.summary in out
    for flag in module.COMMAND.flags:
        assert flag.hidden or f"--{flag.name}" in out


def test_flags_of_a_verb_have_one_name_and_letter_each() -> None:
    for name, (module, _) in ROWS.items():
        flags = importlib.import_module(f"dockyard.cli.{module}").COMMAND.flags
        names = [flag.name for flag in flags] + [flag.short for flag in flags if flag.short]
        assert len(names) == len(set(names)), name


def test_help_of_program_and_nouns(capfd: pytest.CaptureFixture[str]) -> None:
    for arguments in ((), ("--help",), ("help",)):
        code, out, _ = said(capfd, *arguments)
        assert code == 0
        assert all(f"\n  {noun} " in out for noun in NOUNS)
        assert "--daemon" not in out
    code, out, _ = said(capfd, "container")
    assert code == 0
    assert out.startswith("Usage:  dockyard container COMMAND")
    assert said(capfd, "help", "ps")[1].startswith("Usage:  dockyard ps")


@pytest.mark.parametrize(
    ("arguments", "code", "start"),
    [
        (["nope"], 1, "dockyard: unknown command: dockyard nope\n\nRun 'dockyard --help'"),
        (
            ["container", "nope"],
            1,
            "dockyard: unknown command: dockyard container nope\n\nUsage:  dockyard container\n",
        ),
        (["--nope"], 125, "unknown flag: --nope\n\nUsage:  dockyard [OPTIONS] COMMAND [ARG...]\n"),
        (["container", "--nope"], 125, "unknown flag: --nope\n\nUsage:  dockyard container COMMAND\n"),
        (["-H", "a", "-H", "b", "ps"], 1, "Specify only one -H"),
        (["--tls", "ps"], 1, "--tls is not supported by Dockyard yet"),
        (["--context", "x", "ps"], 1, "--context is not supported by Dockyard yet"),
        (["-H", "ssh://x", "ps"], 1, "hosts of the kind ssh:// are not supported by Dockyard yet"),
        (
            ["-H", "unix:///no", "ps"],
            1,
            "Cannot connect to the Docker daemon at unix:///no. Is the docker daemon running?",
        ),
        (["-H", "unix:///no", "run", "x"], 125, "dockyard: Cannot connect to the Docker daemon at unix:///no."),
        (["ps", "x"], 1, "dockyard: 'dockyard ps' accepts no arguments\n\nUsage:  dockyard ps [OPTIONS]\n"),
        (["run"], 1, "dockyard: 'dockyard run' requires at least 1 argument\n"),
    ],
)
def test_refusals(arguments: list[str], code: int, start: str, capfd: pytest.CaptureFixture[str]) -> None:
    got, out, err = said(capfd, *arguments)
    assert (got, out) == (code, "")
    assert err.startswith(start)


@pytest.mark.parametrize(
    ("name", "value", "arguments"),
    [("DOCKER_CONTEXT", "other", ["ps"]), ("DOCKER_TLS_VERIFY", "1", ["-H", "tcp://127.0.0.1:1", "ps"])],
)
def test_variables_that_would_be_ignored_are_refused(
    name: str, value: str, arguments: list[str], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    monkeypatch.setenv(name, value)
    code, _, err = said(capfd, *arguments)
    assert (code, f"{name} is set" in err) == (1, True)


@pytest.mark.parametrize("name", sorted(NOT_YET))
def test_what_is_missing_is_named(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    code, _, err = said(capfd, *name.split(), "x")
    assert code == 1
    assert f"'{name}' is a command of Docker that Dockyard doesn't have yet" in err


def test_no_verb_is_both_there_and_missing() -> None:
    assert not NOT_YET & (set(ROWS) | {f"{noun} {alias}" for noun, alias in ALIASES})


def test_the_default_context_is_no_context(capfd: pytest.CaptureFixture[str]) -> None:
    assert "Cannot connect" in said(capfd, "--context", "default", "-H", "unix:///no", "ps")[2]


@pytest.mark.parametrize("words", [["daemon"], ["-d"]])
def test_the_daemon_is_started_as_of_old(words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`dockyard daemon ARGS` and `dockyard -d ARGS` become `dockyardd ARGS`, the one beside the command."""
    beside = tmp_path / "dockyardd"
    beside.write_text("")
    started: list[tuple[str, list[str]]] = []

    class BecameIt(Exception):
        pass

    def become(path: str, arguments: list[str]) -> None:
        started.append((path, arguments))
        raise BecameIt

    monkeypatch.setattr(sys, "argv", [str(tmp_path / "dockyard")])
    monkeypatch.setattr("os.execv", become)
    with pytest.raises(BecameIt):
        main([*words, "--debug", "-H", "unix:///x"])
    assert started == [(str(beside), ["dockyardd", "--debug", "-H", "unix:///x"])]
