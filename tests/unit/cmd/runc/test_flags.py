"""Flags as runc takes them: Go's grammar and urfave's reordering."""

import pytest

from dockyard.cmd.runc.flags import Flag, HelpRequested, UsageError, parse

FLAGS = (
    Flag(("bundle", "b"), ""),
    Flag(("detach", "d"), "", "switch"),
    Flag(("preserve-fds",), "", "number"),
    Flag(("env", "e"), "", "texts"),
    Flag(("interval",), "", "duration", default=5.0),
    Flag(("format", "f"), "", default="table"),
)
DEFAULTS = {"bundle": "", "detach": False, "preserve-fds": 0, "env": (), "interval": 5.0, "format": "table"}


@pytest.mark.parametrize(
    ("words", "values", "remaining"),
    [
        ([], {}, []),
        (["web"], {}, ["web"]),
        (["--bundle", "/x", "web"], {"bundle": "/x"}, ["web"]),
        (["--bundle=/x", "web"], {"bundle": "/x"}, ["web"]),
        (["-bundle", "/x", "web"], {"bundle": "/x"}, ["web"]),
        (["-b=/x=y"], {"bundle": "/x=y"}, []),
        (["-b", ""], {"bundle": ""}, []),
        (["-d", "web"], {"detach": True}, ["web"]),
        (["--detach=false", "web"], {}, ["web"]),
        (["--detach=T"], {"detach": True}, []),
        (["--preserve-fds", "0x10"], {"preserve-fds": 16}, []),
        (["--preserve-fds", "-1"], {"preserve-fds": -1}, []),
        (["-e", "A=1", "-e", "B=2"], {"env": ("A=1", "B=2")}, []),
        (["--interval", "1m30s"], {"interval": 90.0}, []),
        (["-d", "--", "-b", "x"], {"detach": True}, ["-b", "x"]),
        (["-", "-d"], {}, ["-", "-d"]),
        (["web", "-d"], {}, ["web", "-d"]),
    ],
)
def test_parse(words, values, remaining):
    assert parse(FLAGS, words) == (DEFAULTS | values, remaining)


@pytest.mark.parametrize(
    ("words", "values", "remaining"),
    [
        (["web", "-d"], {"detach": True}, ["web"]),
        (["web", "--bundle", "/x"], {"bundle": "/x"}, ["web"]),
        # The word behind a switch goes along with it, and ends the flags: runc's quirk.
        (["-d", "web", "--format", "json"], {"detach": True}, ["web", "--format", "json"]),
        (["web", "--", "-d"], {}, ["web", "--", "-d"]),
        (["-b", "-", "web"], {"bundle": "-"}, ["web"]),
        (["--preserve-fds", "-1", "web"], {"preserve-fds": -1}, ["web"]),
    ],
)
def test_parse_with_flags_behind_arguments(words, values, remaining):
    assert parse(FLAGS, words, reorder=True) == (DEFAULTS | values, remaining)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--nope"], "flag provided but not defined: -nope"),
        (["--bundle"], "flag needs an argument: -bundle"),
        (["--preserve-fds", "x"], 'invalid value "x" for flag -preserve-fds: parse error'),
        (["--interval", "5"], 'invalid value "5" for flag -interval: parse error'),
        (["--detach=maybe"], 'invalid boolean value "maybe" for -detach: parse error'),
        (["---x"], "bad flag syntax: ---x"),
        (["--=x"], "bad flag syntax: --=x"),
        (["-b", "x", "--bundle", "y"], "Cannot use two forms of the same flag: bundle b"),
    ],
)
def test_what_is_wrong(words, message):
    with pytest.raises(UsageError) as caught:
        parse(FLAGS, words)
    assert str(caught.value) == message


@pytest.mark.parametrize("word", ["--help", "-h", "-help"])
def test_help(word):
    with pytest.raises(HelpRequested):
        parse(FLAGS, ["-d", word])
