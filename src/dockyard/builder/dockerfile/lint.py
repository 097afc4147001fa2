"""Warnings about a Dockerfile that can be built: the rules of `docker build --check`, under BuildKit's names.

What is seen in the text alone; a rule is a function from the Dockerfile to findings. The `check` directive skips rules
(`# check=skip=A,B;error=true`). https://docs.docker.com/reference/build-checks/
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from dockyard.builder.dockerfile import instructions as types
from dockyard.builder.dockerfile.instructions import Instruction
from dockyard.builder.dockerfile.lint_variables import (
    Finding,
    invalid_default_in_from,
    undefined_in_from,
    undefined_variable,
)
from dockyard.builder.dockerfile.source import Span
from dockyard.builder.dockerfile.stages import Dockerfile
from dockyard.errors import InvalidParameter

URL = "https://docs.docker.com/go/dockerfile/rule/"
_RESERVED = ("context", "scratch")
_SECRET = re.compile(
    r"(?:^|[-_])(?:apikey|auth|credentials?|key|password|pword|passwd|secret|token)(?:[-_]|$)", re.IGNORECASE
)
_PUBLIC = re.compile(r"(?:^|[-_])public(?:[-_]|$)", re.IGNORECASE)
_PORT = re.compile(r"[0-9]+(?:-[0-9]+)?(?:/[A-Za-z]+)?\Z")


@dataclass(frozen=True, slots=True)
class LintWarning:
    """A finding: the rule's name, what is wrong here, and where."""

    rule: str
    message: str
    span: Span

    @property
    def url(self) -> str:
        """The page that explains the rule."""
        return URL + re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "-", self.rule).lower() + "/"


def lint(dockerfile: Dockerfile, arguments: Mapping[str, str | None] | None = None) -> list[LintWarning]:
    """The warnings, in the order of the file. `arguments`: the build arguments that are given."""
    skipped, _ = check_settings(dockerfile)
    if "all" in skipped:
        return []
    given = frozenset(arguments or {})
    found = [
        LintWarning(name, message, span)
        for name, rule in RULES.items()
        if name not in skipped
        for message, span in rule(dockerfile, given)
    ]
    return sorted(found, key=lambda one: (one.span.start, one.rule))


def check_settings(dockerfile: Dockerfile) -> tuple[frozenset[str], bool]:
    """What the `check` directive says: rules to skip, and whether warnings are errors. Raises InvalidParameter."""
    skipped: frozenset[str] = frozenset()
    fails = False
    for part in filter(None, dockerfile.lines.directives.get("check", "").split(";")):
        key, equals, value = part.strip().partition("=")
        if not equals or key not in ("skip", "error", "experimental"):
            raise InvalidParameter(f"invalid check option: {part.strip()}")
        if key == "skip":
            skipped = frozenset(name.strip() for name in value.split(","))
        elif key == "error":
            fails = value.lower() in ("1", "t", "true")
    return skipped, fails


def _all(dockerfile: Dockerfile) -> Iterator[Instruction]:
    yield from dockerfile.arguments
    for stage in dockerfile.stages:
        yield stage.begin
        yield from stage.instructions


def _casing(dockerfile: Dockerfile, _: frozenset[str]) -> Iterator[Finding]:
    keywords = [one.line.keyword for one in _all(dockerfile)]
    lower = sum(word.islower() for word in keywords)
    majority = "lowercase" if lower > len(keywords) - lower else "uppercase"
    for one in _all(dockerfile):
        word = one.line.keyword
        if word != (word.lower() if majority == "lowercase" else word.upper()):
            yield f"Command '{word}' should match the case of the command majority ({majority})", one.line.span


def _from_as_casing(dockerfile: Dockerfile, _: frozenset[str]) -> Iterator[Finding]:
    for stage in dockerfile.stages:
        line = stage.begin.line
        if len(line.arguments.words) == 3 and (line.keyword.islower() or line.keyword.isupper()):
            word = line.arguments.words[1]
            if word != (word.lower() if line.keyword.islower() else word.upper()):
                yield f"'{word}' and '{line.keyword}' keywords' casing do not match", line.span


def _stage_name_casing(dockerfile: Dockerfile, _: frozenset[str]) -> Iterator[Finding]:
    for stage in dockerfile.stages:
        words = stage.begin.line.arguments.words
        if len(words) == 3 and words[2] != words[2].lower():
            yield f"Stage name '{words[2]}' should be lowercase", stage.begin.line.span


def _duplicate_stage_name(dockerfile: Dockerfile, _: frozenset[str]) -> Iterator[Finding]:
    seen: set[str] = set()
    for stage in dockerfile.stages:
        name = stage.begin.name
        if name and name in seen:
            message = f'Duplicate stage name "{name}", stage names should be unique'
            yield message, stage.begin.line.span
        seen.add(name)


def _reserved_stage_name(dockerfile: Dockerfile, _: frozenset[str]) -> Iterator[Finding]:
    for stage in dockerfile.stages:
        if stage.begin.name in _RESERVED:
            message = f'Stage name should not use the same name as reserved stage "{stage.begin.name}"'
            yield message, stage.begin.line.span


def _maintainer(dockerfile: Dockerfile, _: frozenset[str]) -> Iterator[Finding]:
    for one in _all(dockerfile):
        if isinstance(one, types.Maintainer):
            message = "Maintainer instruction is deprecated in favor of using label"
            yield message, one.line.span


def _legacy_pairs(dockerfile: Dockerfile, _: frozenset[str]) -> Iterator[Finding]:
    for one in _all(dockerfile):
        if isinstance(one, types.Env | types.Label) and any(pair.legacy for pair in one.pairs):
            form = (
                f'"{one.line.keyword} key=value" should be used instead of legacy "{one.line.keyword} key value" format'
            )
            yield form, one.line.span


def _json_arguments(dockerfile: Dockerfile, _: frozenset[str]) -> Iterator[Finding]:
    for stage in dockerfile.stages:
        if any(isinstance(one, types.Shell) for one in stage.instructions):
            continue
        for one in stage.instructions:
            if isinstance(one, types.Cmd | types.Entrypoint) and one.command.shell_form and one.command.words:
                name = one.line.name.upper()
                message = f"JSON arguments recommended for {name} to prevent unintended behavior related to OS signals"
                yield message, one.line.span


def _multiple(dockerfile: Dockerfile, _: frozenset[str]) -> Iterator[Finding]:
    for stage in dockerfile.stages:
        for kind in (types.Cmd, types.Entrypoint, types.HealthCheck):
            of_kind = [one for one in stage.instructions if isinstance(one, kind)]
            for one in of_kind[:-1]:
                name = one.line.name.upper()
                message = (
                    f"Multiple {name} instructions should not be used in the same stage "
                    "because only the last one will be used"
                )
                yield message, one.line.span


def _empty_continuation(dockerfile: Dockerfile, _: frozenset[str]) -> Iterator[Finding]:
    for span in dockerfile.lines.empty_continuations:
        yield "Empty continuation line", span


def _relative_workdir(dockerfile: Dockerfile, _: frozenset[str]) -> Iterator[Finding]:
    for stage in dockerfile.stages:
        absolute = False
        for one in stage.instructions:
            if not isinstance(one, types.Workdir):
                continue
            if not one.path.startswith(("/", "$", '"/', "'/")) and not absolute:
                message = f'Relative workdir "{one.path}" can have unexpected results if the base image changes'
                yield message, one.line.span
            absolute = True


def _secrets(dockerfile: Dockerfile, _: frozenset[str]) -> Iterator[Finding]:
    for one in _all(dockerfile):
        names: list[str] = []
        if isinstance(one, types.Arg):
            names = [key for key, _ in one.pairs]
        elif isinstance(one, types.Env):
            names = [pair.key for pair in one.pairs]
        for name in names:
            if _SECRET.search(name) and not _PUBLIC.search(name):
                what = f'{one.line.name.upper()} "{name}"'
                yield f"Do not use ARG or ENV instructions for sensitive data ({what})", one.line.span


def _expose(dockerfile: Dockerfile, _: frozenset[str]) -> Iterator[Finding]:
    for one in _all(dockerfile):
        if isinstance(one, types.Expose):
            for port in one.ports:
                if "$" not in port and not _PORT.match(port):
                    message = f"EXPOSE instruction should not define an IP address or host-port mapping, found '{port}'"
                    yield message, one.line.span


def _expose_casing(dockerfile: Dockerfile, _: frozenset[str]) -> Iterator[Finding]:
    for one in _all(dockerfile):
        if isinstance(one, types.Expose):
            for port in one.ports:
                protocol = port.partition("/")[2]
                if "$" not in port and protocol != protocol.lower():
                    yield f"Defined protocol '{port}' in EXPOSE instruction should be lowercase", one.line.span


def _constant_platform(dockerfile: Dockerfile, _: frozenset[str]) -> Iterator[Finding]:
    for stage in dockerfile.stages:
        platform = stage.begin.platform
        if platform and "$" not in platform:
            message = f'FROM --platform flag should not use constant value "{platform}"'
            yield message, stage.begin.line.span


def _redundant_platform(dockerfile: Dockerfile, _: frozenset[str]) -> Iterator[Finding]:
    for stage in dockerfile.stages:
        if stage.begin.platform in ("$TARGETPLATFORM", "${TARGETPLATFORM}"):
            message = (
                f"Setting platform to predefined {stage.begin.platform} in FROM is redundant "
                "as this is the default behavior"
            )
            yield message, stage.begin.line.span


RULES: Mapping[str, Callable[[Dockerfile, frozenset[str]], Iterator[Finding]]] = {
    "ConsistentInstructionCasing": _casing,
    "DuplicateStageName": _duplicate_stage_name,
    "ExposeInvalidFormat": _expose,
    "ExposeProtoCasing": _expose_casing,
    "FromAsCasing": _from_as_casing,
    "FromPlatformFlagConstDisallowed": _constant_platform,
    "InvalidDefaultArgInFrom": invalid_default_in_from,
    "JSONArgsRecommended": _json_arguments,
    "LegacyKeyValueFormat": _legacy_pairs,
    "MaintainerDeprecated": _maintainer,
    "MultipleInstructionsDisallowed": _multiple,
    "NoEmptyContinuation": _empty_continuation,
    "RedundantTargetPlatform": _redundant_platform,
    "ReservedStageName": _reserved_stage_name,
    "SecretsUsedInArgOrEnv": _secrets,
    "StageNameCasing": _stage_name_casing,
    "UndefinedArgInFrom": undefined_in_from,
    "UndefinedVar": undefined_variable,
    "WorkdirRelativePath": _relative_workdir,
}
