"""A container's life under a runtime: each verb is a method, and what its process wrote and how it ended are kept."""

import os
import select
import subprocess
import time
from pathlib import Path
from typing import Any, NamedTuple

from tests.conformance.kit.bundle import Bundle
from tests.conformance.kit.runtime import Refused, Runtime, check_crash


class Outcome(NamedTuple):
    """How the process ended: `code` is its exit code, or 128 and its signal; `output` what it wrote, both streams."""

    code: int
    output: str

    @property
    def lines(self) -> list[str]:
        """The output, line by line."""
        return self.output.splitlines()


class Container:
    """One container. The test process is a child subreaper, so it is the one that reaps the container's process."""

    def __init__(self, runtime: Runtime, bundle: Bundle, container_id: str) -> None:
        """Nothing is created yet."""
        self.runtime = runtime
        self.bundle = bundle
        self.id = container_id
        self.pid = 0
        self.outcome: Outcome | None = None
        self._output = bundle.directory / f"{container_id}.output"

    def create(self, *flags: str | Path) -> None:
        """Save the bundle and create the container; Refused when the runtime does."""
        self.bundle.save()
        pid_file = self.bundle.directory / f"{self.id}.pid"
        with self._output.open("w") as output:
            # The container keeps the descriptor, so a pipe would not end when the command does.
            done = self.runtime.result(
                *("create", "--pid-file", pid_file, "--bundle", self.bundle.directory),
                *flags,
                self.id,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        if done.returncode != 0:
            check_crash(self._output.read_text())
            raise Refused(f"create: exit {done.returncode}: {self._output.read_text()}")
        self.pid = int(pid_file.read_text())

    def start(self) -> None:
        """Start the created container."""
        self.runtime("start", self.id)

    def kill(self, signal: str = "KILL", *flags: str) -> None:
        """Send a signal."""
        self.runtime("kill", *flags, self.id, signal)

    def delete(self, *flags: str) -> None:
        """Delete it."""
        self.runtime("delete", *flags, self.id)

    def state(self) -> dict[str, Any]:
        """Its state, as the runtime tells."""
        return self.runtime.state(self.id)

    def status(self) -> str:
        """Its status."""
        status: str = self.state()["status"]
        return status

    def exec(self, *command: str, flags: tuple[str, ...] = (), **options: Any) -> "subprocess.CompletedProcess[str]":
        """Run a further process in it."""
        return self.runtime.result("exec", *flags, self.id, *command, **options)

    def wait(self, timeout_seconds: float = 10) -> Outcome:
        """Wait until its process has ended, and reap it."""
        if self.outcome is None:
            assert self.pid, "not created"
            descriptor = os.pidfd_open(self.pid)
            try:
                poll = select.poll()
                poll.register(descriptor, select.POLLIN)
                assert poll.poll(timeout_seconds * 1000), f"still running after {timeout_seconds} s: {self.output()}"
            finally:
                os.close(descriptor)
            self.outcome = Outcome(self._reap(), self.output())
        return self.outcome

    def output(self) -> str:
        """What its process has written so far."""
        return self._output.read_text()

    def run(self) -> Outcome:
        """Create, start, wait, delete: how a case that is about the inside uses a container."""
        self.create()
        self.start()
        outcome = self.wait()
        self.delete()
        return outcome

    def until(self, path: Path, timeout_seconds: float = 10) -> str:
        """Wait until the container has written a line to `path` on the host; its text."""
        deadline = time.monotonic() + timeout_seconds
        while not (path.exists() and path.read_text().endswith("\n")):
            assert time.monotonic() < deadline, f"no {path.name} after {timeout_seconds} s: {self.output()}"
            time.sleep(0.005)
        return path.read_text()

    def clean_up(self) -> None:
        """Let nothing of it survive, whatever state the case left it in."""
        self.runtime.result("delete", "--force", self.id)
        if self.pid and self.outcome is None:
            self._reap_with_all_others()

    def _reap_with_all_others(self) -> None:
        """A pid namespace's first process ends only when all others were reaped, and detached ones are children too."""
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            try:
                reaped, _ = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if reaped == self.pid:
                return
            if reaped == 0:
                time.sleep(0.005)
        raise AssertionError(f"process {self.pid} of {self.id} doesn't end")

    def _reap(self) -> int:
        _, status = os.waitpid(self.pid, 0)
        code = os.waitstatus_to_exitcode(status)
        return code if code >= 0 else 128 - code
