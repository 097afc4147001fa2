"""A user's seccomp profile (`--security-opt seccomp=<file>`, `--seccomp-profile`): Docker's JSON to a `Profile`.

The client reads the file and sends its content. Both forms that Docker has known are taken: rules with `names`, and the
older ones with a single `name`. Unknown keys are ignored, as Docker does.
https://docs.docker.com/engine/security/seccomp/
"""

import msgspec

from dockyard.engine.security.conditional_profile import Conditions, Profile, Rule
from dockyard.errors import InvalidParameter
from dockyard.spec.runtime import SyscallArg


class _Filter(msgspec.Struct):
    caps: list[str] | None = None
    arches: list[str] | None = None
    minKernel: str | None = None  # noqa: N815  # the key in Docker's JSON


class _Argument(msgspec.Struct, rename="camel"):
    index: int
    op: str
    value: int
    value_two: int = 0


class _Rule(msgspec.Struct, rename="camel"):
    names: list[str] | None = None
    name: str = ""
    action: str = ""
    errno_ret: int | None = None
    args: list[_Argument] | None = None
    includes: _Filter | None = None
    excludes: _Filter | None = None


class _Architecture(msgspec.Struct, rename="camel"):
    architecture: str
    sub_architectures: list[str] | None = None


class _Document(msgspec.Struct, rename="camel"):
    default_action: str = ""
    default_errno_ret: int | None = None
    architectures: list[str] | None = None
    arch_map: list[_Architecture] | None = None
    flags: list[str] | None = None
    listener_path: str = ""
    listener_metadata: str = ""
    syscalls: list[_Rule | None] | None = None


def parse_profile(text: str | bytes) -> Profile:
    """The profile in `text`.

    Raises:
        InvalidParameter: not JSON, a value of the wrong type, a kernel version that is none, or both forms of a thing
            that has two. What the words mean is checked where they are used, by the runtime.
    """
    try:
        document = msgspec.json.decode(text, type=_Document)
    except msgspec.DecodeError as error:
        raise InvalidParameter(f"Decoding seccomp profile failed: {error}") from error
    if document.architectures and document.arch_map:
        raise InvalidParameter(
            "both 'architectures' and 'archMap' are specified in the seccomp profile, "
            "use either 'architectures' or 'archMap'"
        )
    return Profile(
        default_action=document.default_action,
        default_errno_return=document.default_errno_ret,
        architectures=tuple(document.architectures or ()),
        sub_architectures={
            entry.architecture: tuple(entry.sub_architectures or ()) for entry in document.arch_map or ()
        },
        flags=None if document.flags is None else tuple(document.flags),
        listener_path=document.listener_path,
        listener_metadata=document.listener_metadata,
        rules=tuple(_rule(rule) for rule in document.syscalls or () if rule is not None),
    )


def _rule(rule: _Rule) -> Rule:
    if rule.name and rule.names:
        raise InvalidParameter(
            "both 'name' and 'names' are specified in the seccomp profile, use either 'name' or 'names'"
        )
    return Rule(
        calls=(rule.name,) if rule.name else tuple(rule.names or ()),
        action=rule.action,
        errno_return=rule.errno_ret,
        arguments=tuple(
            SyscallArg(index=argument.index, value=argument.value, value_two=argument.value_two, op=argument.op)
            for argument in rule.args or ()
        ),
        includes=_conditions(rule.includes),
        excludes=_conditions(rule.excludes),
    )


def _conditions(conditions: _Filter | None) -> Conditions:
    if conditions is None:
        return Conditions()
    return Conditions(
        capabilities=tuple(conditions.caps or ()),
        architectures=tuple(conditions.arches or ()),
        kernel=_kernel(conditions.minKernel) if conditions.minKernel else None,
    )


def _kernel(text: str) -> tuple[int, int]:
    """`<kernel>.<major>`, each 0 to 255 and not both 0: "4.8" → (4, 8)."""
    parts = text.split(".")
    if (
        len(parts) != 2
        or not all(part.isascii() and part.isdigit() and int(part) <= 255 for part in parts)
        or not any(map(int, parts))
    ):
        raise InvalidParameter(
            f'Decoding seccomp profile failed: invalid kernel version: "{text}", expected "<kernel>.<major>"'
        )
    return int(parts[0]), int(parts[1])
