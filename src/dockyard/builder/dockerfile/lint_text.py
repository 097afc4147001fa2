"""Rules of `docker build --check` about the text: casing, names, comments. See lint.py."""

from collections.abc import Iterator

from dockyard.builder.dockerfile import instructions as types
from dockyard.builder.dockerfile.instructions import Instruction
from dockyard.builder.dockerfile.source import Span
from dockyard.builder.dockerfile.stages import Dockerfile

_RESERVED = ("context", "scratch")

Finding = tuple[str, Span]
"""What is wrong, and where."""


def every(dockerfile: Dockerfile) -> Iterator[Instruction]:
    """All instructions of all stages, each FROM among them; not the ARGs before the first."""
    for stage in dockerfile.stages:
        yield stage.begin
        yield from stage.instructions


def casing(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Keywords are all written like most of them."""
    keywords = [one.line.keyword for one in every(dockerfile)]
    consistent = [word for word in keywords if word in (word.lower(), word.upper())]
    lower = sum(word == word.lower() for word in consistent)
    majority = "lowercase" if lower > len(consistent) - lower else "uppercase"
    for one in every(dockerfile):
        word = one.line.keyword
        if word != (word.lower() if majority == "lowercase" else word.upper()):
            yield f"Command '{word}' should match the case of the command majority ({majority})", one.line.span


def from_as_casing(dockerfile: Dockerfile) -> Iterator[Finding]:
    """`AS` is written like its FROM."""
    for stage in dockerfile.stages:
        line = stage.begin.line
        if len(line.arguments.words) == 3 and (line.keyword.islower() or line.keyword.isupper()):
            word = line.arguments.words[1]
            if word != (word.lower() if line.keyword.islower() else word.upper()):
                yield f"'{word}' and '{line.keyword}' keywords' casing do not match", line.span


def stage_name_casing(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Names of stages are in lower case."""
    for stage in dockerfile.stages:
        words = stage.begin.line.arguments.words
        if len(words) == 3 and words[2] != words[2].lower():
            yield f"Stage name '{words[2]}' should be lowercase", stage.begin.line.span


def duplicate_stage_name(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Two stages of one name: the first can't be meant any more."""
    seen: set[str] = set()
    for stage in dockerfile.stages:
        name = stage.begin.name
        if name and name in seen:
            message = f'Duplicate stage name "{name}", stage names should be unique'
            yield message, stage.begin.line.span
        seen.add(name)


def reserved_stage_name(dockerfile: Dockerfile) -> Iterator[Finding]:
    """A name that means something else already."""
    for stage in dockerfile.stages:
        if stage.begin.name in _RESERVED:
            message = f'Stage name should not use the same name as reserved stage "{stage.begin.name}"'
            yield message, stage.begin.line.span


def maintainer(dockerfile: Dockerfile) -> Iterator[Finding]:
    """MAINTAINER is a label today."""
    for one in every(dockerfile):
        if isinstance(one, types.Maintainer):
            message = "Maintainer instruction is deprecated in favor of using label"
            yield message, one.line.span


def empty_continuation(dockerfile: Dockerfile) -> Iterator[Finding]:
    """An empty line in a continued instruction."""
    for span in dockerfile.lines.empty_continuations:
        yield "Empty continuation line", span


def definition_description(dockerfile: Dockerfile) -> Iterator[Finding]:
    """A comment right above a FROM or an ARG describes it, and then begins with its name."""
    for one in (*dockerfile.arguments, *every(dockerfile)):
        names: tuple[str, ...] = ()
        if isinstance(one, types.From) and one.name:
            names = (one.name,)
        elif isinstance(one, types.Arg):
            names = tuple(key for key, _ in one.pairs)
        if names and one.line.comments and one.line.comments[-1].split(" ")[0] not in names:
            shown = names[0] if len(names) == 1 else "<arg_key>"
            keyword = one.line.name.upper()
            yield f"Comment for {keyword} should follow the format: `# {shown} <description>`", one.line.span
