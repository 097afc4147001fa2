"""Docker's default seccomp profile, read from `default_profile.toml` beside this file (see its head)."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final

from dockyard.engine.security.conditional_profile import Conditions, Profile, Rule
from dockyard.spec.runtime import SyscallArg

_EPERM: Final = 1

_OPERATORS: Final = {"<": "SCMP_CMP_LT", "==": "SCMP_CMP_EQ", ">": "SCMP_CMP_GT", "&": "SCMP_CMP_MASKED_EQ"}


@cache
def default_profile() -> Profile:
    """The profile of a container that asks for none."""
    table = tomllib.loads(files(__package__).joinpath("default_profile.toml").read_text())
    return Profile(
        default_action="SCMP_ACT_ERRNO",
        default_errno_return=_EPERM,
        sub_architectures={native: tuple(others) for native, others in table["architectures"].items()},
        rules=tuple(_rule(rule) for rule in table["rule"]),
    )


def _rule(table: Mapping[str, Any]) -> Rule:
    arguments: tuple[SyscallArg, ...] = ()
    if "argument" in table:
        index, operator, value = table["argument"]
        arguments = (SyscallArg(index=index, value=value, op=_OPERATORS[operator]),)
    errno_return = table.get("errno")
    return Rule(
        calls=tuple(table["calls"].split()),
        action="SCMP_ACT_ALLOW" if errno_return is None else "SCMP_ACT_ERRNO",
        errno_return=errno_return,
        arguments=arguments,
        includes=Conditions(
            capabilities=(table["with"],) if "with" in table else (),
            architectures=tuple(table.get("on", ())),
            kernel=_version(table["kernel"]) if "kernel" in table else None,
        ),
        excludes=Conditions(
            capabilities=(table["without"],) if "without" in table else (),
            architectures=tuple(table.get("not_on", ())),
        ),
    )


def _version(text: str) -> tuple[int, int]:
    kernel, major = text.split(".")
    return int(kernel), int(major)
