"""Finished BPF programs on disk, so that a container start neither loads libseccomp nor compiles.

    <directory>/<crc32 of the question>-<its length>.bpf:
        "dockyard-seccomp 1 <length of the question> <length of the program>\\n", the question, the program

The file holds the whole question beside the answer, which is compared on reading: two profiles with the same name in
the cache replace one another, but never get each other's program, and no cryptographic hash (and its import) is needed.
A damaged or foreign file is a miss. Writers replace by rename; no fsync, since the directory is on a tmpfs and a file
that is lost is compiled again.
"""

import os
from binascii import crc32
from typing import Final

_MAGIC: Final = b"dockyard-seccomp 1"


def load(directory: str, question: bytes) -> bytes | None:
    """The program stored for `question`, or None.

    A file that another user could have written is not believed: the program decides what a container may do.
    """
    try:
        descriptor = os.open(_path(directory, question), os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return None
    try:
        status = os.fstat(descriptor)
        if status.st_uid not in (0, os.geteuid()) or status.st_mode & 0o022:
            return None
        content = os.read(descriptor, status.st_size)
    except OSError:
        return None
    finally:
        os.close(descriptor)
    head, _, rest = content.partition(b"\n")
    program = rest[len(question) :]
    if head != _head(question, program) or not rest.startswith(question) or not program:
        return None
    return program


def save(directory: str, question: bytes, program: bytes) -> None:
    """Store `program` as the answer to `question`; a directory that can't be written is no failure of a container."""
    path = _path(directory, question)
    staged = f"{path}.{os.getpid()}"
    try:
        os.makedirs(directory, mode=0o700, exist_ok=True)
        descriptor = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            os.write(descriptor, _head(question, program) + b"\n" + question + program)
        finally:
            os.close(descriptor)
        os.rename(staged, path)
    except OSError:
        return


def _head(question: bytes, program: bytes) -> bytes:
    return b"%s %d %d" % (_MAGIC, len(question), len(program))


def _path(directory: str, question: bytes) -> str:
    return f"{directory}/{crc32(question):08x}-{len(question)}.bpf"
