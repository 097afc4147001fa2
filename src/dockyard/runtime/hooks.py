"""Running the programs that the spec hangs into the life of a container.

https://github.com/opencontainers/runtime-spec/blob/v1.2.0/config.md#posix-platform-hooks
Each gets the container's state as JSON on its standard input. One that fails ends the operation; those after start and
after deletion are only reported.
"""

import json
import os
import select
import signal
from typing import NoReturn

from dockyard.errors import SystemFailure
from dockyard.linux.clone import Child, fork_into
from dockyard.linux.libc import reason
from dockyard.spec.runtime import Hook, State, to_json

_KEPT_BYTES = 4096
_CHUNK = 4096


def run_all(hooks: tuple[Hook, ...], name: str, state: State) -> None:
    """Run `hooks` one after another; `name` is the key of the spec. SystemFailure at the first that fails."""
    for index, hook in enumerate(hooks):
        try:
            run(hook, state)
        except SystemFailure as error:
            raise SystemFailure(f"error running {name} hook #{index}: {error}") from error


def run_and_report(hooks: tuple[Hook, ...], name: str, state: State) -> list[str]:
    """Run `hooks` one after another, whatever becomes of each; what those that failed said."""
    failures = []
    for index, hook in enumerate(hooks):
        try:
            run(hook, state)
        except SystemFailure as error:
            failures.append(f"error running {name} hook #{index}: {error}")
    return failures


def run(hook: Hook, state: State) -> None:
    """Run one program and wait for it. SystemFailure with its standard error when it fails or takes too long."""
    document = json.dumps(to_json(state)).encode()
    stdin_reader, stdin_writer = os.pipe2(os.O_CLOEXEC)
    output_reader, output_writer = os.pipe2(os.O_CLOEXEC)
    try:
        child = fork_into()
    except OSError as error:
        for descriptor in (stdin_reader, stdin_writer, output_reader, output_writer):
            os.close(descriptor)
        raise SystemFailure(f"fork: {reason(error)}") from error
    if child is None:
        _execute(hook, stdin_reader, output_writer)
    os.close(stdin_reader)
    os.close(output_writer)
    try:
        _feed(stdin_writer, document)
        if not _wait(child, hook.timeout):
            os.kill(child.pid, signal.SIGKILL)
            os.waitpid(child.pid, 0)
            raise SystemFailure(f"hook ran past specified timeout of {float(hook.timeout or 0)}s")
        _, status = os.waitpid(child.pid, 0)
        code = os.waitstatus_to_exitcode(status)
        if code != 0:
            how = f"exit status {code}" if code > 0 else f"signal: {signal.Signals(-code).name}"
            output = _drain(output_reader)
            raise SystemFailure(f"{how}, stdout: , stderr: {output}")
    finally:
        os.close(output_reader)
        os.close(child.pidfd)


def _execute(hook: Hook, stdin: int, output: int) -> NoReturn:
    """In the child: become the program. Never returns."""
    try:
        os.dup2(stdin, 0)
        os.dup2(output, 1)
        os.dup2(output, 2)
        environment = dict(pair.partition("=")[::2] for pair in hook.env)
        os.execve(hook.path, hook.args or (hook.path,), environment)
    except OSError as error:
        os.write(2, f"exec {hook.path}: {reason(error)}".encode())
    finally:
        os._exit(127)


def _feed(writer: int, document: bytes) -> None:
    """A state fits into the pipe; a program that doesn't read it is no error."""
    try:
        os.write(writer, document)
    except BrokenPipeError:
        return
    finally:
        os.close(writer)


def _wait(child: Child, timeout_seconds: int | None) -> bool:
    """Whether it ended in time; without a timeout wait for ever."""
    poller = select.poll()
    poller.register(child.pidfd, select.POLLIN)
    return bool(poller.poll(None if timeout_seconds is None else timeout_seconds * 1000))


def _drain(reader: int) -> str:
    """What it wrote, at most 4 KiB, without waiting: its descendants may keep the pipe open."""
    os.set_blocking(reader, False)
    output = b""
    while len(output) < _KEPT_BYTES:
        try:
            part = os.read(reader, _CHUNK)
        except BlockingIOError:
            break
        if not part:
            break
        output += part
    return output[:_KEPT_BYTES].decode(errors="replace")
