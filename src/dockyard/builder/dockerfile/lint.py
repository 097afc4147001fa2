"""Warnings about a Dockerfile that can be built: the rules of `docker build --check`, under BuildKit's names.

Rules about the text alone are functions from the Dockerfile to findings (lint_text.py, lint_from.py); those about what
instructions come to are told while a stage is planned (plan/warnings.py). The `check` directive chooses rules
(`# check=skip=A,B;experimental=C;error=true`). https://docs.docker.com/reference/build-checks/
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from dockyard.builder.dockerfile import lint_from, lint_text
from dockyard.builder.dockerfile.lines import Line
from dockyard.builder.dockerfile.lint_text import Finding
from dockyard.builder.dockerfile.source import Span
from dockyard.builder.dockerfile.stages import Dockerfile
from dockyard.builder.dockerfile.truth import TRUTH
from dockyard.errors import InvalidParameter

URL = "https://docs.docker.com/go/dockerfile/rule/"
EXPERIMENTAL = frozenset(("CopyIgnoredFile", "InvalidDefinitionDescription"))
"""As of Docker 28."""
_MOST_PARTS = 2


@dataclass(frozen=True, slots=True)
class LintWarning:
    """A finding: the rule's name, what is wrong here, and where."""

    rule: str
    message: str
    span: Span
    ranges: tuple[Span, ...] = ()
    """The same as BuildKit has it: each line of an instruction by itself."""

    @property
    def url(self) -> str:
        """The page that explains the rule."""
        return URL + re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "-", self.rule).lower() + "/"


def warning_at(rule: str, message: str, line: Line) -> LintWarning:
    """A warning about the instruction on `line`."""
    span = line.span
    ranges = tuple(Span(number, number) for number in range(span.start, span.end + 1))
    return LintWarning(rule, message, span, ranges)


@dataclass(frozen=True, slots=True)
class CheckSettings:
    """What the `check` directive says; `all` as a name means every rule."""

    skipped: frozenset[str] = frozenset()
    experimental: frozenset[str] = frozenset()
    fails: bool = False

    def wants(self, rule: str) -> bool:
        """Whether findings of a rule are told."""
        if rule in self.skipped or "all" in self.skipped:
            return False
        return rule not in EXPERIMENTAL or rule in self.experimental or "all" in self.experimental


def check_settings(dockerfile: Dockerfile, given: str = "") -> CheckSettings:
    """The settings of a Dockerfile, or `given` in their place (the build argument BUILDKIT_DOCKERFILE_CHECK).

    Raises InvalidParameter in BuildKit's words.
    """
    text = (given or dockerfile.lines.directives.get("check", "")).strip()
    skipped: frozenset[str] = frozenset()
    experimental: frozenset[str] = frozenset()
    fails = False
    for part in text.split(";", _MOST_PARTS) if text else ():
        key, equals, value = part.partition("=")
        key, names = key.strip(), frozenset(name.strip() for name in value.split(","))
        if not equals or key not in ("skip", "error", "experimental"):
            raise InvalidParameter(f'failed to parse check options: invalid check option "{key if equals else part}"')
        if key == "skip":
            skipped = names
        elif key == "experimental":
            experimental = names
        else:
            if value.strip() not in TRUTH:
                raise InvalidParameter(
                    f'failed to parse check options: failed to parse check option "{part}": '
                    f'strconv.ParseBool: parsing "{value.strip()}": invalid syntax'
                )
            fails = TRUTH[value.strip()]
    return CheckSettings(skipped, experimental, fails)


def lint(dockerfile: Dockerfile, settings: CheckSettings | None = None) -> list[LintWarning]:
    """The warnings that the text alone gives. Raises InvalidParameter for a `check` directive that is wrong."""
    chosen = settings or check_settings(dockerfile)
    found = (
        LintWarning(name, message, span, (span,))
        for name, rule in RULES.items()
        if chosen.wants(name)
        for message, span in rule(dockerfile)
    )
    return in_order(found)


def in_order(warnings: Iterable[LintWarning]) -> list[LintWarning]:
    """By line; on one line as they were found."""
    return sorted(warnings, key=lambda one: one.span.start)


RULES: Mapping[str, Callable[[Dockerfile], Iterator[Finding]]] = {
    "NoEmptyContinuation": lint_text.empty_continuation,
    "StageNameCasing": lint_text.stage_name_casing,
    "FromAsCasing": lint_text.from_as_casing,
    "InvalidDefinitionDescription": lint_text.definition_description,
    "MaintainerDeprecated": lint_text.maintainer,
    "ReservedStageName": lint_text.reserved_stage_name,
    "DuplicateStageName": lint_text.duplicate_stage_name,
    "ConsistentInstructionCasing": lint_text.casing,
    "InvalidDefaultArgInFrom": lint_from.invalid_default_in_from,
    "UndefinedArgInFrom": lint_from.undefined_in_from,
    "RedundantTargetPlatform": lint_from.redundant_platform,
    "FromPlatformFlagConstDisallowed": lint_from.constant_platform,
}
"""In the order in which BuildKit comes to them."""
