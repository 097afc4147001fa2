"""ARG: which build arguments have a value, and where.

An ARG before the first FROM counts in FROM lines; in a stage it must be declared again, and then has the value from
outside, else the one declared there, else the one before the first FROM. Predefined ones (proxies) need no declaration
and leave no trace in history and cache. Platform arguments are there in FROM lines, and in stages that declare them.
Dockerfile reference, "ARG", "Predefined ARGs", "Automatic platform ARGs in the global scope".
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from dockyard.builder.dockerfile.instructions import Arg
from dockyard.builder.dockerfile.words import Mode, expand
from dockyard.builder.plan.options import BuildOptions

PREDEFINED = (
    "HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "FTP_PROXY", "ftp_proxy", "NO_PROXY", "no_proxy",
    "ALL_PROXY", "all_proxy",
)  # fmt: skip
_ALWAYS_USED = ("SOURCE_DATE_EPOCH",)


def platform_arguments(options: BuildOptions) -> dict[str, str]:
    """BUILDPLATFORM, TARGETARCH and their like."""
    found: dict[str, str] = {}
    for prefix, platform in (("BUILD", options.build_platform), ("TARGET", options.target_platform)):
        whole = "/".join(part for part in (platform.os, platform.architecture, platform.variant) if part)
        found |= {
            f"{prefix}PLATFORM": whole,
            f"{prefix}OS": platform.os,
            f"{prefix}ARCH": platform.architecture,
            f"{prefix}VARIANT": platform.variant,
        }
    return {**found, "TARGETSTAGE": options.target or "default"}


@dataclass(slots=True)
class GlobalArguments:
    """The ARGs before the first FROM."""

    given: Mapping[str, str | None]
    platform: Mapping[str, str]
    values: dict[str, str | None] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)

    def declare(self, instruction: Arg, mode: Mode) -> None:
        """One more ARG. Raises DockerfileError."""
        for key, default in instruction.pairs:
            self.used.add(key)
            value = None if default is None else expand(default, self.get, mode)
            given = self.given.get(key)
            self.values[key] = given if given is not None else (value if value is not None else self.platform.get(key))

    def get(self, name: str) -> str | None:
        """A value as FROM lines see it."""
        if name in self.values:
            return self.values[name]
        if name in PREDEFINED:
            return self.given.get(name)
        given = self.given.get(name) if name in self.platform else None
        return given if given is not None else self.platform.get(name)

    def names(self) -> list[str]:
        """All that a FROM may use."""
        return [*self.platform, *self.values]

    def unused(self) -> list[str]:
        """Build arguments that were given and that nothing declared, sorted."""
        known = (*PREDEFINED, *_ALWAYS_USED, *self.platform)
        return sorted(name for name in self.given if name not in self.used and name not in known)


@dataclass(slots=True)
class StageArguments:
    """The ARGs that a stage has declared so far."""

    outer: GlobalArguments
    declared: dict[str, str | None] = field(default_factory=dict)

    def declare(self, key: str, default: str | None) -> str | None:
        """One more; its value, None when it has none."""
        self.outer.used.add(key)
        value = self.outer.given.get(key)
        if value is None:
            value = default
        if value is None:
            value = self.outer.values.get(key)
        if value is None:
            value = self.outer.platform.get(key)
        self.declared[key] = value
        return value

    def get(self, name: str) -> str | None:
        """The value, when it is declared or predefined."""
        if name in self.declared:
            return self.declared[name]
        return self.outer.given.get(name) if name in PREDEFINED else None

    def environment(self, taken: Mapping[str, str]) -> list[str]:
        """`NAME=value` for a command, sorted; variables of the image's own (`taken`) win."""
        pairs = {**self.declared}
        return sorted(f"{key}={value}" for key, value in pairs.items() if value is not None and key not in taken)

    def current(self, values: Mapping[str, str]) -> list[str]:
        """`NAME=value` of all that were declared, in that order, with what each is now (`values`)."""
        return [f"{key}={values.get(key, value or '')}" for key, value in self.declared.items()]

    def hidden(self, taken: Mapping[str, str]) -> list[str]:
        """The predefined arguments that were given though nothing declares them."""
        return sorted(
            f"{name}={value}"
            for name in PREDEFINED
            if name not in self.declared and name not in taken and (value := self.outer.given.get(name)) is not None
        )
