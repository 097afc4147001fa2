"""Stage two: a line to an instruction. One function for each keyword, all in one table.

Messages are BuildKit's (frontend/dockerfile/instructions), because people search for them.
"""

import re
from collections.abc import Callable

from dockyard.builder.dockerfile import instructions as types
from dockyard.builder.dockerfile.devices import parse_device
from dockyard.builder.dockerfile.durations import parse_interval
from dockyard.builder.dockerfile.flags import Flags
from dockyard.builder.dockerfile.heredoc import Heredoc, parse_heredoc
from dockyard.builder.dockerfile.instructions import Instruction
from dockyard.builder.dockerfile.lines import Line
from dockyard.builder.dockerfile.mounts import mount_origins
from dockyard.builder.dockerfile.source import SPACES, DockerfileError
from dockyard.builder.dockerfile.suggest import suggestion
from dockyard.spec.image.config import Healthcheck

_STAGE_NAME = re.compile(r"[a-z][a-z0-9-_.]*\Z", re.ASCII)
_ONBUILD = re.compile(r"^\s*ONBUILD\s*", re.IGNORECASE)
_NO_TRIGGERS = ("FROM", "MAINTAINER")


def parse_instruction(line: Line) -> Instruction:
    """The instruction on `line`. Raises DockerfileError at the line."""
    parse = _PARSERS.get(line.name)
    try:
        if parse is None:
            known = [keyword.upper() for keyword in types.KEYWORDS]
            hint = suggestion(line.keyword, known, lower=False)
            raise DockerfileError(f"unknown instruction: {line.keyword}{hint}")
        return parse(line)
    except DockerfileError as error:
        raise error.at(line.span) from None


def _from(line: Line) -> Instruction:
    words = line.arguments.words
    name = ""
    if len(words) == 3 and words[1].lower() == "as":
        name = words[2].lower()
        if not _STAGE_NAME.match(name):
            raise DockerfileError(
                f'invalid name for build stage: "{words[2]}", name can\'t start with a number or contain symbols'
            )
    elif len(words) != 1:
        raise DockerfileError("FROM requires either one or three arguments")
    return types.From(line, words[0], name, Flags(line.flags, texts=("platform",)).text("platform"))


def _arg(line: Line) -> Instruction:
    pairs: list[tuple[str, str | None]] = []
    for word in _some(line):
        key, equals, value = word.partition("=")
        if equals and not key:
            raise DockerfileError("ARG names can not be blank")
        pairs.append((key, value if equals else None))
    return types.Arg(line, tuple(pairs))


def _env(line: Line) -> Instruction:
    _check_pairs(line)
    return types.Env(line, line.arguments.pairs)


def _label(line: Line) -> Instruction:
    _check_pairs(line)
    return types.Label(line, line.arguments.pairs)


def _check_pairs(line: Line) -> None:
    Flags(line.flags)
    if not line.arguments.pairs:
        raise DockerfileError(f"{line.name.upper()} requires at least one argument")
    if not all(pair.key for pair in line.arguments.pairs):
        raise DockerfileError(f"{line.name.upper()} names can not be blank")


def _maintainer(line: Line) -> Instruction:
    return types.Maintainer(line, _one(line))


def _copy(line: Line) -> Instruction:
    _check_transfer(line)
    flags = Flags(line.flags, texts=("chown", "from", "chmod"), booleans=("link", "parents"), lists=("exclude",))
    sources, contents, destination = _transfer(line)
    return types.Copy(
        line,
        sources,
        contents,
        destination,
        chown=flags.text("chown"),
        chmod=flags.text("chmod"),
        link=flags.boolean("link"),
        excludes=flags.list("exclude"),
        origin=flags.text("from"),
        parents=flags.boolean("parents"),
    )


def _add(line: Line) -> Instruction:
    _check_transfer(line)
    flags = Flags(
        line.flags,
        texts=("chown", "chmod", "checksum"),
        booleans=("link", "keep-git-dir", "unpack"),
        lists=("exclude",),
    )
    sources, contents, destination = _transfer(line)
    return types.Add(
        line,
        sources,
        contents,
        destination,
        chown=flags.text("chown"),
        chmod=flags.text("chmod"),
        link=flags.boolean("link"),
        excludes=flags.list("exclude"),
        checksum=flags.text("checksum"),
        keep_git_dir=flags.maybe("keep-git-dir"),
        unpack=flags.maybe("unpack"),
    )


def _check_transfer(line: Line) -> None:
    if len(line.arguments.words) < 2:
        raise DockerfileError(
            f"{line.name.upper()} requires at least two arguments, but only one was provided. "
            "Destination could not be determined"
        )


def _transfer(line: Line) -> tuple[tuple[str, ...], tuple[Heredoc, ...], str]:
    *words, destination = line.arguments.words
    if not line.arguments.json and parse_heredoc(destination) is not None:
        raise DockerfileError(f"{line.name.upper()} cannot accept a heredoc as a destination")
    by_name = {heredoc.name: heredoc for heredoc in line.heredocs}
    sources: list[str] = []
    contents: list[Heredoc] = []
    for word in words:
        announced = parse_heredoc(word)
        if announced is not None and announced.name in by_name:
            contents.append(by_name[announced.name])
        elif announced is not None:
            contents.append(announced)
        else:
            sources.append(word)
    return tuple(sources), tuple(contents), destination


def _run(line: Line) -> Instruction:
    flags = Flags(line.flags, texts=("network", "security"), lists=("mount", "device"))
    network = flags.text("network") or "default"
    if network not in ("default", "none", "host"):
        raise DockerfileError(f'invalid network mode "{network}"')
    security = flags.text("security") or "sandbox"
    if security not in ("sandbox", "insecure"):
        hint = suggestion(security, ("sandbox", "insecure"))
        raise DockerfileError(f'security "{security}" is not valid{hint}')
    mounts = flags.list("mount")
    for mount in mounts:
        mount_origins(mount)  # what can be wrong before any variable is known
    devices = tuple(parse_device(device) for device in flags.list("device"))
    return types.Run(line, _command(line), mounts, network, security, devices)


def _cmd(line: Line) -> Instruction:
    Flags(line.flags)
    return types.Cmd(line, _command(line))


def _entrypoint(line: Line) -> Instruction:
    Flags(line.flags)
    return types.Entrypoint(line, _command(line))


def _command(line: Line) -> types.Command:
    return types.Command(line.arguments.words, not line.arguments.json, line.heredocs)


def _shell(line: Line) -> Instruction:
    Flags(line.flags)
    words = line.arguments.words
    if not words:
        raise DockerfileError("SHELL requires at least one argument")
    if not line.arguments.json:
        raise DockerfileError("SHELL requires the arguments to be in JSON form")
    return types.Shell(line, words)


def _expose(line: Line) -> Instruction:
    words = _some(line)
    Flags(line.flags)
    return types.Expose(line, tuple(sorted(words)))


def _volume(line: Line) -> Instruction:
    words = _some(line)
    Flags(line.flags)
    paths = tuple(word.strip(SPACES) for word in words)
    if not all(paths):
        raise DockerfileError("VOLUME specified can not be an empty string")
    return types.Volume(line, paths)


def _user(line: Line) -> Instruction:
    return types.User(line, _one(line))


def _workdir(line: Line) -> Instruction:
    return types.Workdir(line, _one(line))


def _stop_signal(line: Line) -> Instruction:
    return types.StopSignal(line, _one(line))


def _healthcheck(line: Line) -> Instruction:
    kind, *command = _some(line)
    if kind.upper() == "NONE":
        if command:
            raise DockerfileError("HEALTHCHECK NONE takes no arguments")
        return types.HealthCheck(line, Healthcheck(("NONE",)))
    durations = ("interval", "timeout", "start-period", "start-interval")
    flags = Flags(line.flags, texts=(*durations, "retries"))
    if kind.upper() != "CMD":
        raise DockerfileError(f'Unknown type "{kind.upper()}" in HEALTHCHECK (try CMD)')
    if not command:
        raise DockerfileError("Missing command after HEALTHCHECK CMD")
    test = ("CMD" if line.arguments.json else "CMD-SHELL", *command)
    interval, timeout, period, between = (parse_interval(name, flags.text(name)) for name in durations)
    retries = _retries(flags.text("retries"))
    return types.HealthCheck(line, Healthcheck(test, interval, timeout, period, between, retries))


def _retries(text: str) -> int:
    if not text:
        return 0
    digits = text[1:] if text[0] in "+-" else text
    if not digits.isascii() or not digits.isdigit():
        raise DockerfileError(f'strconv.ParseInt: parsing "{text}": invalid syntax')
    if len(digits) > 10 or int(text) not in range(-(1 << 31), 1 << 31):
        raise DockerfileError(f'strconv.ParseInt: parsing "{text}": value out of range')
    if int(text) < 0:
        raise DockerfileError(f"--retries cannot be negative ({int(text)})")
    return int(text)


def _on_build(line: Line) -> Instruction:
    if line.trigger is None:
        raise DockerfileError("ONBUILD requires at least one argument")
    Flags(line.flags)
    keyword = line.trigger.keyword.upper()
    if keyword == "ONBUILD":
        raise DockerfileError("Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed")
    if keyword in _NO_TRIGGERS:
        raise DockerfileError(f"{keyword} isn't allowed as an ONBUILD trigger")
    documents = "".join(f"\n{heredoc.content}{heredoc.name}" for heredoc in line.heredocs)
    return types.OnBuild(line, _ONBUILD.sub("", line.original, count=1) + documents)


def _some(line: Line) -> tuple[str, ...]:
    if not line.arguments.words:
        raise DockerfileError(f"{line.name.upper()} requires at least one argument")
    return line.arguments.words


def _one(line: Line) -> str:
    if len(line.arguments.words) != 1:
        raise DockerfileError(f"{line.name.upper()} requires exactly one argument")
    Flags(line.flags)
    return line.arguments.words[0]


_PARSERS: dict[str, Callable[[Line], Instruction]] = {
    "add": _add,
    "arg": _arg,
    "cmd": _cmd,
    "copy": _copy,
    "entrypoint": _entrypoint,
    "env": _env,
    "expose": _expose,
    "from": _from,
    "healthcheck": _healthcheck,
    "label": _label,
    "maintainer": _maintainer,
    "onbuild": _on_build,
    "run": _run,
    "shell": _shell,
    "stopsignal": _stop_signal,
    "user": _user,
    "volume": _volume,
    "workdir": _workdir,
}
