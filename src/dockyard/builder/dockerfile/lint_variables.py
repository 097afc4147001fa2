"""Rules of `docker build --check` about variables: which are used and never set. See lint.py."""

import re
from collections.abc import Iterator

from dockyard.builder.dockerfile import instructions as types
from dockyard.builder.dockerfile.instructions import Instruction
from dockyard.builder.dockerfile.source import Span
from dockyard.builder.dockerfile.stages import Dockerfile, Stage
from dockyard.builder.dockerfile.words import Mode, scan
from dockyard.errors import InvalidParameter

_PLATFORMS = frozenset(
    f"{side}{part}" for side in ("BUILD", "TARGET") for part in ("PLATFORM", "OS", "ARCH", "VARIANT")
)
_PREDEFINED = ("HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY")

Finding = tuple[str, Span]
"""What is wrong, and where."""


def undefined_in_from(dockerfile: Dockerfile, given: frozenset[str]) -> Iterator[Finding]:
    """FROM uses an argument that no ARG before it declares."""
    known = {key for one in dockerfile.arguments for key, _ in one.pairs} | _PLATFORMS | {"TARGETSTAGE"}
    for stage in dockerfile.stages:
        for text in (stage.begin.base, stage.begin.platform):
            for name in _names(dockerfile, text) - known - given:
                yield f"FROM argument '{name}' is not declared", stage.begin.line.span


def invalid_default_in_from(dockerfile: Dockerfile, given: frozenset[str]) -> Iterator[Finding]:
    """Without build arguments there is no image to stand on."""
    unset = {key for one in dockerfile.arguments for key, default in one.pairs if not default} - given
    for stage in dockerfile.stages:
        base = scan(stage.begin.base, {}, _lenient(dockerfile)).text
        if _names(dockerfile, stage.begin.base) & unset and (not base or base.endswith((":", "@", "/"))):
            message = f"Default value for ARG {stage.begin.base} results in empty or invalid base image name"
            yield message, stage.begin.line.span


def undefined_variable(dockerfile: Dockerfile, _: frozenset[str]) -> Iterator[Finding]:
    """A variable that nothing in the stage, and nothing that it stands on, has set."""
    for stage in dockerfile.stages:
        if not _has_known_base(dockerfile, stage):
            continue
        known = {"PATH", *_PREDEFINED, *map(str.lower, _PREDEFINED), *_inherited(dockerfile, stage)}
        for one in stage.instructions:
            for text in _texts(one):
                for name in sorted(_names(dockerfile, text) - known):
                    yield f"Usage of undefined variable '${name}'", one.line.span
            if isinstance(one, types.Arg):
                known |= {key for key, _ in one.pairs}
            elif isinstance(one, types.Env):
                known |= {pair.key for pair in one.pairs}


def _has_known_base(dockerfile: Dockerfile, stage: Stage) -> bool:
    """Whether all variables are seen in the file: an image from outside may bring any."""
    while stage.begin.base != "scratch":
        parent = dockerfile.find(stage.begin.base, stage.index)
        if parent is None or parent.begin.name != stage.begin.base.lower():
            return False
        stage = parent
    return True


def _inherited(dockerfile: Dockerfile, stage: Stage) -> set[str]:
    known: set[str] = set()
    parent = dockerfile.find(stage.begin.base, stage.index)
    while parent is not None and parent.begin.name == stage.begin.base.lower():
        known |= {pair.key for one in parent.instructions if isinstance(one, types.Env) for pair in one.pairs}
        stage, parent = parent, dockerfile.find(parent.begin.base, parent.index)
    return known


def _texts(one: Instruction) -> tuple[str, ...]:
    match one:
        case types.Env(pairs=pairs) | types.Label(pairs=pairs):
            return tuple(pair.value for pair in pairs)
        case types.Copy() | types.Add():
            return (*one.sources, one.destination, one.chown, one.chmod)
        case types.Workdir(path=path):
            return (path,)
        case types.User(name=name):
            return (name,)
        case types.Expose(ports=ports):
            return ports
        case types.Volume(paths=paths):
            return paths
    return ()


def _names(dockerfile: Dockerfile, text: str) -> set[str]:
    """Variables without a value of their own in `text`; ones with a default (`${x:-y}`) are meant to be unset."""
    plain = re.sub(r"\$\{[A-Za-z0-9_]+:?[-+?][^}]*\}", "", text)
    try:
        return scan(plain, {}, _lenient(dockerfile)).missing
    except InvalidParameter:
        return set()


def _lenient(dockerfile: Dockerfile) -> Mode:
    return Mode(escape=dockerfile.escape)
