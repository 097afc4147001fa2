"""Seccomp profiles with conditions, as Docker writes them, and what is left of one for a given container.

Docker's format is the OCI one with three additions: a rule may hold only for containers with certain capabilities, on
certain architectures, from a kernel version on; and a table says which other architectures a native one brings along.
`Profile.resolve` weighs these for one container, and the result is plain OCI.

    --security-opt seccomp=<JSON> ──user_profile.py──► Profile ──resolve(Host, capabilities)──► spec.runtime.Seccomp
    the default ─────────default_profile.py─────────►

https://docs.docker.com/engine/security/seccomp/
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from dockyard.spec.runtime import Seccomp, Syscall, SyscallArg

_NATIVE: Mapping[str, str] = {
    # Docker's (Go's) name of an architecture to that of seccomp. Little-endian MIPS and x86 have two names each.
    "386": "SCMP_ARCH_X86",
    "x86": "SCMP_ARCH_X86",
    "amd64": "SCMP_ARCH_X86_64",
    "arm": "SCMP_ARCH_ARM",
    "arm64": "SCMP_ARCH_AARCH64",
    "loong64": "SCMP_ARCH_LOONGARCH64",
    "mips64": "SCMP_ARCH_MIPS64",
    "mips64le": "SCMP_ARCH_MIPSEL64",
    "ppc64le": "SCMP_ARCH_PPC64LE",
    "riscv64": "SCMP_ARCH_RISCV64",
    "s390x": "SCMP_ARCH_S390X",
}


@dataclass(frozen=True, slots=True)
class Host:
    """What a condition may ask about the machine.

    `architecture` is Docker's name ("amd64"), `kernel` the first two numbers of the kernel's version.
    """

    architecture: str
    kernel: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Conditions:
    """Conditions of a rule; an empty one asks nothing. Capabilities with prefix ("CAP_SYS_ADMIN")."""

    capabilities: tuple[str, ...] = ()
    architectures: tuple[str, ...] = ()
    kernel: tuple[int, int] | None = None

    def include(self, host: Host, capabilities: Collection[str]) -> bool:
        """As `includes`: everything asked for is there."""
        return (
            (not self.architectures or host.architecture in self.architectures)
            and all(capability in capabilities for capability in self.capabilities)
            and (self.kernel is None or host.kernel >= self.kernel)
        )

    def exclude(self, host: Host, capabilities: Collection[str]) -> bool:
        """As `excludes`: one of the things named is there."""
        return (
            host.architecture in self.architectures
            or any(capability in capabilities for capability in self.capabilities)
            or (self.kernel is not None and host.kernel >= self.kernel)
        )


@dataclass(frozen=True, slots=True)
class Rule:
    """What happens with some system calls, and the conditions under which the rule is there at all."""

    calls: tuple[str, ...]
    action: str
    errno_return: int | None = None
    arguments: tuple[SyscallArg, ...] = ()
    includes: Conditions = Conditions()
    excludes: Conditions = Conditions()


@dataclass(frozen=True, slots=True)
class Profile:
    """A profile before it is known for which container.

    `architectures` is taken as it is; `sub_architectures` instead gives, for a native architecture, those that come
    with it. `flags` None means that the profile has no such key.
    """

    default_action: str
    rules: tuple[Rule, ...]
    default_errno_return: int | None = None
    architectures: tuple[str, ...] = ()
    sub_architectures: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    flags: tuple[str, ...] | None = None
    listener_path: str = ""
    listener_metadata: str = ""

    def resolve(self, host: Host, capabilities: Collection[str]) -> Seccomp | None:
        """The OCI profile for a container with these capabilities in its bounding set, on this machine.

        None for a profile without default action and rules, which Docker takes for "no seccomp".
        """
        if not self.default_action and not self.rules:
            return None
        architectures = self.architectures
        native = _NATIVE.get(host.architecture, "")
        if native in self.sub_architectures:
            architectures = (*architectures, native, *self.sub_architectures[native])
        return Seccomp(
            default_action=self.default_action,
            default_errno_ret=self.default_errno_return,
            architectures=architectures,
            flags=self.flags,
            listener_path=self.listener_path,
            listener_metadata=self.listener_metadata,
            syscalls=tuple(
                Syscall(rule.calls, rule.action, rule.errno_return, rule.arguments)
                for rule in self.rules
                if not rule.excludes.exclude(host, capabilities) and rule.includes.include(host, capabilities)
            ),
        )
