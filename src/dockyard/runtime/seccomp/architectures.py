"""Architectures of a seccomp profile: libseccomp's token, what the kernel tells a filter, and how calls are counted.

SCMP_ARCH_X32 is an invention of libseccomp: the kernel reports x32 as x86_64 with bit 30 of the call's number set.
https://github.com/opencontainers/runtime-spec/blob/v1.2.0/config-linux.md#seccomp
"""

from typing import Final, NamedTuple

from dockyard.errors import InvalidParameter

X32_BIT: Final = 0x40000000


class Architecture(NamedTuple):
    """One calling convention.

    `token` is libseccomp's number, `audit` the kernel's AUDIT_ARCH_* in `seccomp_data.arch`, `base` what is added to
    the numbers from 424 upwards, which all architectures share (arch/*/kernel/syscalls).
    """

    name: str
    token: int
    audit: int
    base: int


ARCHITECTURES: Final[dict[str, Architecture]] = {
    "SCMP_ARCH_AARCH64": Architecture("aarch64", 0xC00000B7, 0xC00000B7, 0),
    "SCMP_ARCH_ARM": Architecture("arm", 0x40000028, 0x40000028, 0),
    "SCMP_ARCH_LOONGARCH64": Architecture("loongarch64", 0xC0000102, 0xC0000102, 0),
    "SCMP_ARCH_MIPS": Architecture("mips", 0x00000008, 0x00000008, 4000),
    "SCMP_ARCH_MIPS64": Architecture("mips64", 0x80000008, 0x80000008, 5000),
    "SCMP_ARCH_MIPS64N32": Architecture("mips64n32", 0xA0000008, 0xA0000008, 6000),
    "SCMP_ARCH_MIPSEL": Architecture("mipsel", 0x40000008, 0x40000008, 4000),
    "SCMP_ARCH_MIPSEL64": Architecture("mipsel64", 0xC0000008, 0xC0000008, 5000),
    "SCMP_ARCH_MIPSEL64N32": Architecture("mipsel64n32", 0xE0000008, 0xE0000008, 6000),
    "SCMP_ARCH_PPC": Architecture("ppc", 0x00000014, 0x00000014, 0),
    "SCMP_ARCH_PPC64": Architecture("ppc64", 0x80000015, 0x80000015, 0),
    "SCMP_ARCH_PPC64LE": Architecture("ppc64le", 0xC0000015, 0xC0000015, 0),
    "SCMP_ARCH_RISCV64": Architecture("riscv64", 0xC00000F3, 0xC00000F3, 0),
    "SCMP_ARCH_S390": Architecture("s390", 0x00000016, 0x00000016, 0),
    "SCMP_ARCH_S390X": Architecture("s390x", 0x80000016, 0x80000016, 0),
    "SCMP_ARCH_X32": Architecture("x32", 0x4000003E, 0xC000003E, X32_BIT),
    "SCMP_ARCH_X86": Architecture("x86", 0x40000003, 0x40000003, 0),
    "SCMP_ARCH_X86_64": Architecture("x86_64", 0xC000003E, 0xC000003E, 0),
}


def parse_architecture(name: str) -> Architecture:
    """The architecture that a profile calls `name`; InvalidParameter when there is none."""
    found = ARCHITECTURES.get(name)
    if found is None:
        raise InvalidParameter(f"string {name} is not a valid arch for seccomp")
    return found


def by_token(token: int) -> Architecture | None:
    """The architecture with libseccomp's number `token`, None when no profile can name it."""
    for architecture in ARCHITECTURES.values():
        if architecture.token == token:
            return architecture
    return None
