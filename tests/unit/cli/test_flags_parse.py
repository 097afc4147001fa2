"""Flags are read by pflag's rules; what is refused is refused with pflag's words."""

import pytest

from dockyard.cli.flags.kinds import BOOL, BYTES, INT, LIST, STRING, UINT16
from dockyard.cli.flags.parse import parse
from dockyard.cli.flags.spec import Flag
from dockyard.errors import InvalidParameter

FLAGS = (
    Flag("interactive", "i", BOOL, ""),
    Flag("tty", "t", BOOL, ""),
    Flag("detach", "d", BOOL, ""),
    Flag("sig-proxy", "", BOOL, "", default=True),
    Flag("publish", "p", LIST, ""),
    Flag("name", "", STRING, ""),
    Flag("memory", "m", BYTES, ""),
    Flag("retries", "", INT, "", default=0),
    Flag("weight", "", UINT16, ""),
)


@pytest.mark.parametrize(
    ("arguments", "changes", "positional"),
    [
        (["-itd", "img"], {"interactive": True, "tty": True, "detach": True}, ["img"]),
        (["-itp", "80:80", "img"], {"interactive": True, "tty": True, "publish": ["80:80"]}, ["img"]),
        (
            ["-p80:80", "-p=81:81", "--publish", "82:82", "--publish=83:83"],
            {"publish": ["80:80", "81:81", "82:82", "83:83"]},
            [],
        ),
        (["--sig-proxy=false", "--detach=0"], {"sig-proxy": False, "detach": False}, []),
        (["--name", "--tty"], {"name": "--tty"}, []),
        (["--name="], {"name": ""}, []),
        (["-m1.5g"], {"memory": 1610612736}, []),
        (["a", "-t", "b"], {"tty": True}, ["a", "b"]),
        (["--", "-t"], {}, ["-t"]),
        (["-", "-t"], {"tty": True}, ["-"]),
        (["--retries=-3", "--weight", "0x10"], {"retries": -3, "weight": 16}, []),
        (["-i=false"], {"interactive": False}, []),
    ],
)
def test_accepted(arguments: list[str], changes: dict[str, object], positional: list[str]) -> None:
    parsed = parse(FLAGS, arguments)
    assert {name: parsed[name] for name in parsed.changed} == changes
    assert parsed.arguments == positional
    assert parsed["sig-proxy"] is changes.get("sig-proxy", True)


def test_the_first_positional_ends_the_flags_where_they_may_not_be_mixed() -> None:
    parsed = parse(FLAGS, ["-t", "img", "-x", "--", "--name"], interspersed=False)
    assert parsed.arguments == ["img", "-x", "--", "--name"]
    assert parsed.changed == {"tty"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--zz"], "unknown flag: --zz"),
        (["--zz=1"], "unknown flag: --zz"),
        (["-z"], "unknown shorthand flag: 'z' in -z"),
        (["-itz"], "unknown shorthand flag: 'z' in -z"),
        (["-tzi"], "unknown shorthand flag: 'z' in -zi"),
        (["--name"], "flag needs an argument: --name"),
        (["-itp"], "flag needs an argument: 'p' in -p"),
        (["--=x"], "bad flag syntax: --=x"),
        (["---x"], "bad flag syntax: ---x"),
        (
            ["--tty=maybe"],
            'invalid argument "maybe" for "-t, --tty" flag: strconv.ParseBool: parsing "maybe": invalid syntax',
        ),
        (
            ["--retries", "x"],
            'invalid argument "x" for "--retries" flag: strconv.ParseInt: parsing "x": invalid syntax',
        ),
        (
            ["--weight", "65536"],
            'invalid argument "65536" for "--weight" flag: strconv.ParseUint: parsing "65536": value out of range',
        ),
        (["-m", "lots"], 'invalid argument "lots" for "-m, --memory" flag: invalid size: \'lots\''),
    ],
)
def test_refused(arguments: list[str], message: str) -> None:
    with pytest.raises(InvalidParameter) as caught:
        parse(FLAGS, arguments)
    assert str(caught.value) == message


def test_help() -> None:
    assert parse(FLAGS, ["--help", "-t"]).help
    with pytest.raises(InvalidParameter, match="unknown flag: --nonsense"):
        parse(FLAGS, ["--help", "--nonsense"])
    assert parse(FLAGS, ["-h"]).notes == ["Flag shorthand -h has been deprecated, use --help"]
    assert not parse((*FLAGS, Flag("hostname", "h", STRING, "")), ["-h", "box"]).help
