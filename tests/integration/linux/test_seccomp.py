"""A compiled profile on a live process: the kernel must take it, and decide as the interpreter did."""

import ctypes
import errno
import os
import platform

import pytest

from dockyard.engine.security.capabilities import DEFAULT_CAPABILITIES
from dockyard.engine.security.profile import default_seccomp
from dockyard.linux.seccomp import FLAG_LOG, FLAG_SPEC_ALLOW, install
from dockyard.runtime.seccomp.compile import bpf_program
from dockyard.runtime.seccomp.filter_flags import filter_flags

pytestmark = [
    pytest.mark.root,
    pytest.mark.skipif(os.geteuid() != 0 or platform.machine() != "x86_64", reason="needs root on x86_64"),
]

KEYCTL, UNSHARE, CLONE3, GETPID, SOCKET, FUTURE = 250, 272, 435, 39, 41, 2000


def in_child(program: bytes, flags: int, *calls: tuple[int, ...]) -> tuple[str, list[int]]:
    """Put the filter on a child, make the calls; its "Seccomp:" and the error number (0 for none) of each call."""
    libc = ctypes.CDLL(None, use_errno=True)
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            install(program, flags)
            results = []
            for call in calls:
                result = libc.syscall(*(ctypes.c_long(value) for value in call))
                results.append(ctypes.get_errno() if result == -1 else 0)
            with open("/proc/self/status") as status:
                mode = next(line for line in status if line.startswith("Seccomp:")).split()[1]
            os.write(writer, " ".join([mode, *map(str, results)]).encode())
        except BaseException as error:
            os.write(writer, repr(error).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        mode, *results = pipe.read().split()
    os.waitpid(child, 0)
    return mode, [int(result) for result in results]


def test_the_default_profile_on_a_live_process():
    program = bpf_program(default_seccomp(DEFAULT_CAPABILITIES, (6, 1), "amd64"), None)
    clone_newuser, af_alg, af_unix = 0x10000000, 38, 1
    mode, results = in_child(
        program,
        filter_flags(None),
        (GETPID,),
        (UNSHARE, clone_newuser),
        (KEYCTL, 0, 0),
        (CLONE3, 0, 0),
        (SOCKET, af_alg, 5, 0),
        (SOCKET, af_unix, 1, 0),
        (FUTURE,),
    )
    assert mode == "2"
    assert results == [0, errno.EPERM, errno.EPERM, errno.ENOSYS, errno.EPERM, 0, errno.ENOSYS]


def test_flags_that_the_kernel_takes():
    program = bpf_program(default_seccomp(DEFAULT_CAPABILITIES, (6, 1), "amd64"), None)
    assert in_child(program, FLAG_LOG | FLAG_SPEC_ALLOW, (GETPID,)) == ("2", [0])


@pytest.mark.parametrize(("program", "flags"), [(b"", 0), (b"\xff" * 8, 0), (b"\x06\0\0\0\0\0\xff\x7f", 1 << 20)])
def test_what_the_kernel_refuses_is_an_oserror(program, flags):
    with pytest.raises(OSError, match="Invalid argument"):
        install(program, flags)
