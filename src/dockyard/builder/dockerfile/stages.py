"""A whole Dockerfile: its stages, each begun by a FROM, and the ARGs before the first."""

from dataclasses import dataclass

from dockyard.builder.dockerfile.instructions import Arg, From, Instruction
from dockyard.builder.dockerfile.lines import Lines, read_lines
from dockyard.builder.dockerfile.parse import parse_instruction
from dockyard.builder.dockerfile.source import DockerfileError

EMPTY = "the Dockerfile cannot be empty"


@dataclass(frozen=True, slots=True)
class Stage:
    """A FROM and what follows it; `index` from 0."""

    index: int
    begin: From
    instructions: tuple[Instruction, ...]

    @property
    def name(self) -> str:
        """The name given with AS, in lower case; else the index."""
        return self.begin.name or str(self.index)


@dataclass(frozen=True, slots=True)
class Dockerfile:
    """What stands in one file. `name` and `text` are for messages."""

    name: str
    text: str
    stages: tuple[Stage, ...]
    arguments: tuple[Arg, ...]
    lines: Lines

    @property
    def escape(self) -> str:
        """The escape character that its directives chose."""
        return self.lines.escape

    def find(self, name: str, before: int | None = None) -> Stage | None:
        """The stage called `name`, or with that number; with `before` only among those that come before it.

        A later stage of the same name hides an earlier one, as in BuildKit.
        """
        stages = self.stages[:before]
        for stage in reversed(stages):
            if stage.begin.name and stage.begin.name == name.lower():
                return stage
        if name.isascii() and name.isdigit() and int(name) < len(stages):
            return stages[int(name)]
        return None


def parse_dockerfile(data: bytes, name: str = "Dockerfile", style: str = "classic") -> Dockerfile:
    """The Dockerfile in `data`. `style`: whose messages, `classic` or `buildkit`.

    Raises DockerfileError with the position and the text; the message begins as Docker's does.
    """
    text = data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")
    if not data:
        raise DockerfileError(f"the Dockerfile ({name}) cannot be empty" if style == "classic" else EMPTY)
    try:
        lines = read_lines(data)
    except DockerfileError as error:
        prefix = f"failed to parse {name}: " if style == "classic" else ""
        raise DockerfileError(f"{prefix}{error}", error.span).within(name, text) from None
    try:
        arguments, stages = _stages(lines)
    except DockerfileError as error:
        raise error.within(name, text) from None
    return Dockerfile(name, text, stages, arguments, lines)


def _stages(lines: Lines) -> tuple[tuple[Arg, ...], tuple[Stage, ...]]:
    arguments: list[Arg] = []
    begun: list[tuple[From, list[Instruction]]] = []
    for line in lines.lines:
        try:
            instruction = parse_instruction(line)
        except DockerfileError as error:
            where = error.span or line.span
            raise DockerfileError(f"dockerfile parse error on line {where.start}: {error}", where) from None
        if isinstance(instruction, From):
            begun.append((instruction, []))
        elif begun:
            begun[-1][1].append(instruction)
        elif isinstance(instruction, Arg):
            arguments.append(instruction)
        else:
            raise DockerfileError("no build stage in current context", line.span)
    if not begun:
        raise DockerfileError("dockerfile contains no stages to build")
    stages = (Stage(index, begin, tuple(rest)) for index, (begin, rest) in enumerate(begun))
    return tuple(arguments), tuple(stages)
