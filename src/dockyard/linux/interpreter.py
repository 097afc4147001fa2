"""A sealed copy of the running interpreter, so that no container can reach a writable program of the host.

A process inside a container can open `/proc/<pid>/exe` of a process that joins it, and through it the file on the host:
CVE-2019-5736 wrote a new `runc` that way, by an image whose entrypoint is a script with the interpreter
`/proc/self/exe`. So supervisor, shims and `dockyard-runc` run from an anonymous file (memfd) with all seals set: it
can't be written, grown, shrunk or unsealed, by nobody, and it isn't the interpreter that the host uses.

https://man7.org/linux/man-pages/man2/memfd_create.2.html
https://man7.org/linux/man-pages/man2/F_ADD_SEALS.2const.html
"""

import fcntl
import os
import sys

_SEALS = fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE

MFD_EXEC = 0x10
"""Since Linux 6.3: without it, sysctl vm.memfd_noexec may take the permission to execute away."""

_MAX_PATH_BYTES = 4096


def seal_copy(path: str, name: str) -> int:
    """A descriptor (close-on-exec) of a sealed, executable copy of the file at `path`.

    Args:
        path: the program.
        name: shown as `/memfd:<name>` in `/proc/<pid>/exe`; at most 249 bytes.

    Raises:
        OSError: the file can't be read, or the kernel has no memfd.
    """
    flags = os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING
    try:
        sealed = os.memfd_create(name, flags | MFD_EXEC)
    except OSError:
        sealed = os.memfd_create(name, flags)
    try:
        source = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            remaining = os.fstat(source).st_size
            while remaining > 0:
                copied = os.sendfile(sealed, source, None, remaining)
                if copied == 0:
                    break
                remaining -= copied
        finally:
            os.close(source)
        fcntl.fcntl(sealed, fcntl.F_ADD_SEALS, _SEALS)
    except BaseException:
        os.close(sealed)
        raise
    return sealed


def sealed_interpreter(name: str) -> int:
    """A sealed copy of the interpreter that runs this code; see `seal_copy`.

    Execute it as `/proc/self/fd/<n>` with `sys.executable` as argv[0] and `environment()`: from argv[0] the interpreter
    finds its prefix and its virtual environment.
    """
    return seal_copy("/proc/self/exe", name)


def environment(inherited: dict[str, str]) -> dict[str, str]:
    """`inherited` with what a sealed interpreter needs besides: where its shared libpython is, if it has one.

    A run path that is relative to the program (`$ORIGIN`) can't be resolved once the program is an anonymous file.
    """
    library = _mapped_libpython()
    if library is None:
        return dict(inherited)
    directories = [os.path.dirname(library), *filter(None, inherited.get("LD_LIBRARY_PATH", "").split(":"))]
    return {**inherited, "LD_LIBRARY_PATH": ":".join(dict.fromkeys(directories))}


def is_sealed() -> bool:
    """Whether this process already runs from a sealed copy."""
    try:
        descriptor = os.open("/proc/self/exe", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        return fcntl.fcntl(descriptor, fcntl.F_GET_SEALS) & _SEALS == _SEALS
    except OSError:
        return False  # EINVAL: an ordinary file has no seals
    finally:
        os.close(descriptor)


def reexecute_sealed(name: str) -> None:
    """Replace this process by the same program with the same arguments, run from a sealed copy; returns if it is.

    For programs that join containers in their own process (`dockyard-runc`). Descriptors without close-on-exec stay.

    Raises:
        OSError: no copy could be made; the process is unchanged.
    """
    if is_sealed():
        return
    descriptor = sealed_interpreter(name)
    arguments = [sys.executable, *sys.orig_argv[1:]]
    try:
        os.execve(f"/proc/self/fd/{descriptor}", arguments, environment(dict(os.environ)))
    finally:
        os.close(descriptor)


def _mapped_libpython() -> str | None:
    with open("/proc/self/maps", "rb") as maps:
        for line in maps:
            path = line[line.find(b"/") :].rstrip() if b"/libpython" in line else b""
            if path.startswith(b"/") and len(path) < _MAX_PATH_BYTES:
                return os.fsdecode(path)
    return None
