"""System call filter: OCI runtime-spec v1.2, config-linux.md "Seccomp".

https://github.com/opencontainers/runtime-spec/blob/v1.2.0/config-linux.md#seccomp
"""

from typing import NamedTuple


class SyscallArg(NamedTuple):
    """Condition on one argument (0 to 5); `op` as `SCMP_CMP_EQ`; `value_two` for the masked comparison."""

    index: int  # type: ignore[assignment]  # the name in the spec; nobody calls tuple.index on it
    value: int
    value_two: int = 0
    op: str = ""


class Syscall(NamedTuple):
    """What happens with the named calls when all `args` conditions hold."""

    names: tuple[str, ...]
    action: str
    errno_ret: int | None = None
    args: tuple[SyscallArg, ...] = ()


class Seccomp(NamedTuple):
    """The filter; actions as `SCMP_ACT_ERRNO`, architectures as `SCMP_ARCH_X86_64`.

    `flags` None is not the same as none of them: the runtime then chooses.
    """

    default_action: str
    default_errno_ret: int | None = None
    architectures: tuple[str, ...] = ()
    flags: tuple[str, ...] | None = None
    listener_path: str = ""
    listener_metadata: str = ""
    syscalls: tuple[Syscall, ...] = ()
