"""The compiler proper: a profile, libseccomp's generator, and the prelude for calls that the library doesn't know.

What a profile means is runc's reading of the spec, so that the same profile lets the same calls through:
 - a rule whose action is the default one says nothing and is dropped;
 - a call that nobody knows, neither libseccomp nor our table of newer calls, is dropped;
 - conditions on different arguments hold together; with two on the same argument, each condition is a rule of its own;
 - a call with a number above all that the profile names fails with ENOSYS (`newer`), unless the default lets it pass.

https://github.com/opencontainers/runtime-spec/blob/v1.2.0/config-linux.md#seccomp
"""

import errno
from collections.abc import Sequence
from typing import Final

from dockyard.errors import InvalidParameter
from dockyard.linux.seccomp import INSTRUCTION_SIZE_BYTES, MAX_INSTRUCTIONS
from dockyard.runtime.seccomp.actions import action_value, is_permissive, operator_value
from dockyard.runtime.seccomp.architectures import Architecture, by_token, parse_architecture
from dockyard.runtime.seccomp.call_numbers import call_number
from dockyard.runtime.seccomp.libseccomp import UNKNOWN_CALL, Filter, Library
from dockyard.runtime.seccomp.newer import Judgement, prelude
from dockyard.runtime.seccomp.shorter import shortened
from dockyard.spec.runtime import Seccomp, Syscall, SyscallArg

_LAST_ARGUMENT: Final = 5

_TREE_THRESHOLD: Final = 32
"""Rules above which a tree pays; libseccomp 2.5 makes nonsense of a tree without rules. The number is runc's."""

_Comparison = tuple[int, int, int, int]


def compile_profile(seccomp: Seccomp, library_path: str) -> bytes:
    """Compile without looking at any cache; arguments, result and errors as of `compile.bpf_program`.

    Args:
        library_path: where libseccomp.so.2 is loaded from.
    """
    library = Library(library_path)
    default = action_value(seccomp.default_action, seccomp.default_errno_ret)
    architectures = _architectures(seccomp, library)
    rules = library.new_filter(default)
    try:
        if sum(len(rule.names) for rule in seccomp.syscalls) > _TREE_THRESHOLD:
            rules.use_binary_tree()
        for architecture in architectures:
            rules.add_architecture(architecture.token)
        for rule in seccomp.syscalls:
            _add_rule(library, rules, rule, default)
        body = rules.program()
    finally:
        rules.close()
    answers_unknown = is_permissive(seccomp.default_action) or seccomp.default_errno_ret == errno.ENOSYS
    judgements = [_judge(seccomp, library, each, default, answers_unknown) for each in architectures]
    program = shortened(prelude(judgements) + body)
    if len(program) > MAX_INSTRUCTIONS * INSTRUCTION_SIZE_BYTES:
        raise InvalidParameter(
            f"seccomp: the profile needs {len(program) // INSTRUCTION_SIZE_BYTES} BPF instructions, "
            f"the kernel takes {MAX_INSTRUCTIONS}"
        )
    return program


def _architectures(seccomp: Seccomp, library: Library) -> list[Architecture]:
    architectures = list(dict.fromkeys(parse_architecture(name) for name in seccomp.architectures))
    native = by_token(library.native_architecture())
    if native is not None and native not in architectures:
        # The library has it in every filter; some profiles don't name it.
        architectures.append(native)
    return architectures


def _add_rule(library: Library, rules: Filter, rule: Syscall, default: int) -> None:
    action = action_value(rule.action, rule.errno_ret)
    alternatives = _alternatives(rule.args)
    for name in rule.names:
        if not name:
            raise InvalidParameter("empty string is not a valid syscall")
        number = library.call_number(name)
        if number != UNKNOWN_CALL and action != default:
            for comparisons in alternatives:
                rules.add_rule(name, number, action, comparisons)


def _alternatives(arguments: Sequence[SyscallArg]) -> list[list[_Comparison]]:
    """The conjunctions of comparisons, one of which must hold; a single empty one when there is no condition."""
    comparisons: list[_Comparison] = []
    for argument in arguments:
        if not 0 <= argument.index <= _LAST_ARGUMENT:
            raise InvalidParameter(f"seccomp: argument index {argument.index} is not between 0 and {_LAST_ARGUMENT}")
        comparisons.append((argument.index, operator_value(argument.op), argument.value, argument.value_two))
    if len({comparison[0] for comparison in comparisons}) < len(comparisons):
        return [[comparison] for comparison in comparisons]
    return [comparisons]


def _judge(
    seccomp: Seccomp, library: Library, architecture: Architecture, default: int, answers_unknown: bool
) -> Judgement:
    """What the prelude has to say for one architecture."""
    actions: dict[int, int] = {}
    highest = -1
    for rule in seccomp.syscalls:
        action = action_value(rule.action, rule.errno_ret)
        for name in rule.names:
            number: int | None = library.call_number(name, architecture.token)
            if number == UNKNOWN_CALL:
                number = call_number(name, architecture)
                # Conditions on a call that the library doesn't know are not compiled: the rule is dropped, as by runc.
                if number is not None and action != default and not rule.args:
                    actions.setdefault(number, action)
            if number is not None:
                highest = max(highest, number)
    return Judgement(architecture, actions, None if answers_unknown or highest < 0 else highest)
