"""What Docker gives to a container that asks for nothing, as far as more than one package needs to know.

https://docs.docker.com/engine/containers/run/#runtime-privilege-and-linux-capabilities
"""

from typing import Final

DEFAULT_CAPABILITIES: Final[tuple[str, ...]] = (
    # In Docker's order, which `docker inspect` of the spec shows. As a mask: 00000000a80425fb.
    "CAP_CHOWN",
    "CAP_DAC_OVERRIDE",
    "CAP_FSETID",
    "CAP_FOWNER",
    "CAP_MKNOD",
    "CAP_NET_RAW",
    "CAP_SETGID",
    "CAP_SETUID",
    "CAP_SETFCAP",
    "CAP_SETPCAP",
    "CAP_NET_BIND_SERVICE",
    "CAP_SYS_CHROOT",
    "CAP_KILL",
    "CAP_AUDIT_WRITE",
)

READONLY_PATHS: Final[tuple[str, ...]] = (
    "/proc/bus",
    "/proc/fs",
    "/proc/irq",
    "/proc/sys",
    "/proc/sysrq-trigger",
)
