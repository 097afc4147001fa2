"""One command of an external OCI runtime: run it, wait, and turn its log into an error.

The command gets the container's stdio as its own, so what it has to say of itself goes into a log of JSON lines, and
what it answers (`ps`, `events`) into an anonymous file.

https://github.com/opencontainers/runtime-tools/blob/v0.9.0/docs/command-line-interface.md
"""

import json
import os
import select
import signal
from collections.abc import Sequence
from contextlib import suppress

from dockyard.errors import DeadlineExceeded, InvalidParameter, SystemFailure
from dockyard.shim.messages import ExternalRuntime
from dockyard.shim.stdio import Ends

TIMEOUT_SECONDS = 60.0

_NOT_EXECUTED = 'exec: "'
"""How runc and crun begin to say that the program isn't there or isn't one."""


def run_command(
    runtime: ExternalRuntime,
    root: str,
    log: str,
    arguments: Sequence[str],
    stdio: Ends | None = None,
    stdin: bytes = b"",
) -> bytes:
    """Run `<runtime> --root <root> --log <log> --log-format json <arguments>`.

    Args:
        runtime: the program and its own options.
        root: its state root.
        log: a file for its log; replaced.
        arguments: command and what follows.
        stdio: its standard streams; None for `stdin`, and a file for both outputs.
        stdin: its input when there is no `stdio`.

    Returns:
        What it wrote to stdout; nothing when `stdio` is given.

    Raises:
        InvalidParameter: the program in the container can't be executed; the message begins with `exec: `.
        SystemFailure: it can't be executed, or failed; the message is the last error of its log, else its output.
        DeadlineExceeded: it took longer than a minute, and was killed.
    """
    with suppress(FileNotFoundError):
        os.unlink(log)
    argv = [runtime.path, *runtime.arguments, "--root", root, "--log", log, "--log-format", "json", *arguments]
    output = os.memfd_create("runtime-output", os.MFD_CLOEXEC)
    given = os.memfd_create("runtime-input", os.MFD_CLOEXEC)
    try:
        os.write(given, stdin)
        os.lseek(given, 0, os.SEEK_SET)
        ends = Ends(given, output, output) if stdio is None else stdio
        _check(argv, _wait(argv, _spawn(argv, ends)), log, output)
        return os.pread(output, os.fstat(output).st_size, 0) if stdio is None else b""
    finally:
        os.close(output)
        os.close(given)


def _spawn(argv: list[str], ends: Ends) -> int:
    actions = [(os.POSIX_SPAWN_DUP2, descriptor, number) for number, descriptor in enumerate(ends)]
    try:
        return os.posix_spawnp(
            argv[0],
            argv,
            os.environ,
            file_actions=actions,
            setsigmask=[],
            setsigdef=[signal.SIGPIPE, signal.SIGCHLD],
        )
    except OSError as error:
        raise SystemFailure(f"runtime {argv[0]}: {error.strerror}") from error


def _wait(argv: list[str], pid: int) -> int:
    handle = os.pidfd_open(pid)
    try:
        poll = select.poll()
        poll.register(handle, select.POLLIN)
        if not poll.poll(TIMEOUT_SECONDS * 1000):
            signal.pidfd_send_signal(handle, signal.SIGKILL)
            os.waitpid(pid, 0)
            raise DeadlineExceeded(f"runtime {argv[0]}: no answer within {TIMEOUT_SECONDS:.0f} seconds")
    finally:
        os.close(handle)
    return os.waitpid(pid, 0)[1]


def _check(argv: list[str], status: int, log: str, output: int) -> None:
    if status == 0:
        return
    message = _last_error(log) or os.pread(output, 4096, 0).decode("utf-8", "replace").strip()
    if _NOT_EXECUTED in message:
        raise InvalidParameter(message[message.index(_NOT_EXECUTED) :])
    code = os.waitstatus_to_exitcode(status)
    raise SystemFailure(message or f"runtime {argv[0]}: exit status {code}")


def _last_error(log: str) -> str:
    message = ""
    with suppress(OSError), open(log, "rb") as file:
        for line in file:
            try:
                entry = json.loads(line)
            except ValueError:
                continue
            if isinstance(entry, dict) and entry.get("level") in ("error", "fatal"):
                message = str(entry.get("msg", ""))
    return message
