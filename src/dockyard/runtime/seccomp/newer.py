"""System calls that a libseccomp of the distribution may not know yet, and the prelude that judges them.

An old library turns a call that it has never heard of into the profile's default action. For a default of EPERM this
breaks programs: glibc tries the newest call first and falls back on ENOSYS alone. So, as runc does, a stub in front of
the library's program answers ENOSYS for every number above the highest that the profile names. Beyond runc, calls that
the profile names and only the library doesn't know are decided in the stub too, so that the profile means the same with
every version of the library.

The program reads `struct seccomp_data`: number at offset 0, architecture at 4.
https://www.kernel.org/doc/html/latest/userspace-api/seccomp_filter.html
"""

import struct
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from dockyard.runtime.seccomp.actions import ENOSYS_RETURN
from dockyard.runtime.seccomp.architectures import ARCHITECTURES, X32_BIT, Architecture

_LOAD: Final = 0x20  # BPF_LD | BPF_W | BPF_ABS
_JUMP: Final = 0x05  # BPF_JMP | BPF_JA
_IF_EQUAL: Final = 0x15  # BPF_JMP | BPF_JEQ | BPF_K
_IF_GREATER: Final = 0x25  # BPF_JMP | BPF_JGT | BPF_K
_IF_NOT_LESS: Final = 0x35  # BPF_JMP | BPF_JGE | BPF_K
_RETURN: Final = 0x06  # BPF_RET | BPF_K

_NUMBER_OFFSET: Final = 0
_ARCHITECTURE_OFFSET: Final = 4

_Instruction = tuple[int, int, int, int]


class Judgement(NamedTuple):
    """What the prelude does for one architecture.

    `actions` gives the return value of single calls by number; a number above `highest` gets ENOSYS. A `highest` of
    None leaves those to the library's program.
    """

    architecture: Architecture
    actions: Mapping[int, int]
    highest: int | None


def prelude(judgements: Sequence[Judgement]) -> bytes:
    """The instructions to put before the library's program; they fall through at their end.

    Args:
        judgements: one for each architecture of the filter, x86_64 and x32 apart.
    """
    by_audit: dict[int, list[Judgement]] = {}
    for judgement in judgements:
        if judgement.actions or judgement.highest is not None:
            by_audit.setdefault(judgement.architecture.audit, []).append(judgement)
    if not by_audit:
        return b""
    # Built from the end, since a jump counts the instructions that it skips.
    program: list[_Instruction] = []
    for audit, same in by_audit.items():
        # The way out is a long jump: a conditional one reaches 255 instructions only.
        section = [(_LOAD, 0, 0, _NUMBER_OFFSET), *_section(same, after=len(program))]
        program = [(_IF_EQUAL, 1, 0, audit), (_JUMP, 0, 0, len(section)), *section, *program]
    program.insert(0, (_LOAD, 0, 0, _ARCHITECTURE_OFFSET))
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in program)


def _section(judgements: Sequence[Judgement], after: int) -> list[_Instruction]:
    """The number is loaded: decide it, or jump over the `after` instructions of the other architectures."""
    x32 = ARCHITECTURES["SCMP_ARCH_X32"]
    if judgements[0].architecture.audit != x32.audit:
        return _decisions(judgements[0], after)
    # Bit 30 divides the numbers of x86_64 from those of x32. A half that the filter doesn't know is the library's
    # business, which kills for a foreign architecture.
    exit_only: list[_Instruction] = [(_JUMP, 0, 0, after)]
    halves = {judgement.architecture.name: judgement for judgement in judgements}
    upper = _decisions(halves["x32"], after) if "x32" in halves else exit_only
    after_lower = len(upper) + after
    lower = _decisions(halves["x86_64"], after_lower) if "x86_64" in halves else [(_JUMP, 0, 0, after_lower)]
    return [(_IF_NOT_LESS, 0, 1, X32_BIT), (_JUMP, 0, 0, len(lower)), *lower, *upper]


def _decisions(judgement: Judgement, after: int) -> list[_Instruction]:
    program: list[_Instruction] = []
    for number, action in sorted(judgement.actions.items()):
        program += [(_IF_EQUAL, 0, 1, number), (_RETURN, 0, 0, action)]
    if judgement.architecture.name in ("s390", "s390x"):
        # setup(0): what a number too large for the kernel becomes there.
        program += [(_IF_EQUAL, 0, 1, 0), (_RETURN, 0, 0, ENOSYS_RETURN)]
    if judgement.highest is not None:
        program += [(_IF_GREATER, 0, 1, judgement.highest), (_RETURN, 0, 0, ENOSYS_RETURN)]
    return [*program, (_JUMP, 0, 0, after)]
