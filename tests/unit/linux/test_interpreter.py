"""The sealed copy of the interpreter."""

import os
import subprocess
import sys

import pytest

from dockyard.linux.interpreter import environment, is_sealed, seal_copy, sealed_interpreter

PROBE = """
import os, sys
print(sys.prefix)
print(os.readlink("/proc/self/exe"))
try:
    os.open("/proc/self/exe", os.O_WRONLY)
except OSError as error:
    print(type(error).__name__, error.errno)
print(__import__("dockyard.linux.interpreter").linux.interpreter.is_sealed())
"""


def test_this_process_is_not_sealed() -> None:
    assert not is_sealed()


def test_a_sealed_copy_cannot_be_changed_by_anybody() -> None:
    descriptor = seal_copy(sys.executable, "test")
    try:
        with open(os.path.realpath(sys.executable), "rb") as original:
            assert os.pread(descriptor, 1 << 26, 0) == original.read()
        with pytest.raises(PermissionError):
            os.pwrite(descriptor, b"x", 0)
        with pytest.raises(PermissionError):
            os.ftruncate(descriptor, 0)
        reopened = os.open(f"/proc/self/fd/{descriptor}", os.O_RDWR)
        with pytest.raises(PermissionError):
            os.pwrite(reopened, b"x", 0)
        os.close(reopened)
    finally:
        os.close(descriptor)


def test_an_interpreter_run_from_it_has_the_same_prefix_and_cannot_be_written() -> None:
    descriptor = sealed_interpreter("test")
    try:
        done = subprocess.run(
            [sys.executable, "-c", PROBE],
            executable=f"/proc/self/fd/{descriptor}",
            pass_fds=(descriptor,),
            env=environment(dict(os.environ)),
            capture_output=True,
            text=True,
            check=True,
        )
    finally:
        os.close(descriptor)
    prefix, program, refusal, sealed = done.stdout.splitlines()
    assert prefix == sys.prefix
    assert program == "/memfd:test (deleted)"
    assert refusal.split()[0] in ("OSError", "PermissionError")  # ETXTBSY while it runs, EPERM afterwards
    assert sealed == "True"
