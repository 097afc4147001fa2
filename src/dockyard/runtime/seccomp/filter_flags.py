"""`linux.seccomp.flags`: words of the spec to bits of seccomp(2).

https://github.com/opencontainers/runtime-spec/blob/v1.2.0/config-linux.md#seccomp
"""

from collections.abc import Collection
from typing import Final

from dockyard.errors import InvalidParameter, NotImplementedYet
from dockyard.linux.seccomp import FLAG_LOG, FLAG_SPEC_ALLOW

KNOWN_FLAGS: Final[dict[str, int]] = {
    # A single-threaded process that is about to execve has nothing to synchronise; runc drops this flag as well.
    "SECCOMP_FILTER_FLAG_TSYNC": 0,
    "SECCOMP_FILTER_FLAG_SPEC_ALLOW": FLAG_SPEC_ALLOW,
    "SECCOMP_FILTER_FLAG_LOG": FLAG_LOG,
}


def filter_flags(names: Collection[str] | None) -> int:
    """The bits for `dockyard.linux.seccomp.install`.

    None, for a spec without the key, means SPEC_ALLOW as in runc: since Linux 5.16 a filter doesn't switch the
    speculative-store mitigation on any more, and this keeps older kernels from slowing every container down.

    Raises:
        InvalidParameter: a flag that isn't known.
        NotImplementedYet: the flag that only makes sense with SCMP_ACT_NOTIFY.
    """
    if names is None:
        return FLAG_SPEC_ALLOW
    bits = 0
    for name in names:
        if name == "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV":
            raise NotImplementedYet(f"seccomp flag {name} is not supported: it belongs to SCMP_ACT_NOTIFY")
        if name not in KNOWN_FLAGS:
            raise InvalidParameter(f"seccomp flag {name} is not known to dockyard")
        bits |= KNOWN_FLAGS[name]
    return bits
