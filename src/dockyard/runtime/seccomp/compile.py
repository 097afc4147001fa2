"""The BPF program of a seccomp profile: asked for before the fork of a container's process, which then installs it.

The same profile comes with nearly every container, so the answer is remembered in the process and on disk; libseccomp
(12 to 15 ms for Docker's profile) is loaded only when it is not there.
https://github.com/opencontainers/runtime-spec/blob/v1.2.0/config-linux.md#seccomp
"""

import os
from functools import lru_cache
from typing import Final

from dockyard.errors import NotImplementedYet
from dockyard.runtime.seccomp import cache
from dockyard.spec.runtime import Seccomp

_SONAME: Final = "libseccomp.so.2"

_FORMAT: Final = 2
"""Raised when the same profile and library give another program, so that programs stored earlier are not used."""


@lru_cache(maxsize=64)
def bpf_program(seccomp: Seccomp, cache_dir: str | None) -> bytes:
    """The BPF program for `seccomp`, for `dockyard.linux.seccomp.install`.

    Args:
        seccomp: the profile as the spec has it.
        cache_dir: directory of finished programs, made when missing; None to compile without it.

    Returns:
        Instructions of 8 bytes each in host byte order, at most 4096; empty for a profile that says nothing at all
        (no default action and no rules), for which no filter is to be installed.

    Raises:
        InvalidParameter: a word that isn't known, rules that contradict each other, a program that is too long.
        NotImplementedYet: SCMP_ACT_NOTIFY or a listenerPath.
        Unavailable: libseccomp.so.2 is missing.
    """
    if seccomp.listener_path:
        raise NotImplementedYet(f"seccomp listenerPath {seccomp.listener_path} is not supported: no SCMP_ACT_NOTIFY")
    if not seccomp.default_action and not seccomp.syscalls:
        return b""
    path, identity = library_file()
    question = repr((_FORMAT, identity, os.uname().machine, seccomp._replace(flags=()))).encode()
    program = cache.load(cache_dir, question) if cache_dir else None
    if program is None:
        # Imported here, on a miss: on the way of an ordinary start the compiler would be loaded for nothing.
        from dockyard.runtime.seccomp.compiler import compile_profile

        program = compile_profile(seccomp, path)
        if cache_dir:
            cache.save(cache_dir, question, program)
    return program


@lru_cache(maxsize=1)
def library_file() -> tuple[str, str]:
    """Path and identity of libseccomp, found without loading it: the version is in the name that the link leads to.

    Looked up once in a process and its forks: a program that an older library has made is right for ever.
    """
    machine = os.uname().machine
    for directory in (f"/usr/lib/{machine}-linux-gnu", "/usr/lib64", "/usr/lib", "/usr/local/lib"):
        path = f"{directory}/{_SONAME}"
        try:
            status = os.stat(path)
        except OSError:
            continue
        return path, f"{os.path.realpath(path)} {status.st_size} {status.st_mtime_ns}"
    return _SONAME, _SONAME
