"""A runtime under test: any program with the command line of runc."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any, NamedTuple


class Refused(AssertionError):
    """The runtime exited with another code than 0; the message is what it printed."""


class Crashed(Exception):
    """The runtime fell over its own feet: a case about errors that are told must not take that for one."""


class Runtime(NamedTuple):
    """`command` is the program with leading arguments, `root` the directory that it keeps its state in."""

    name: str
    command: tuple[str, ...]
    root: Path

    def __call__(self, *arguments: str | Path, **options: Any) -> str:
        """Run a verb; what it printed on standard output. Refused when it fails."""
        done = self.result(*arguments, **options)
        if done.returncode != 0:
            raise Refused(f"{' '.join(map(str, arguments))}: exit {done.returncode}: {done.stdout}{done.stderr}")
        return done.stdout or ""

    def result(self, *arguments: str | Path, **options: Any) -> subprocess.CompletedProcess[str]:
        """Run a verb, whatever comes out of it."""
        options = {
            "stdin": subprocess.DEVNULL,
            "stdout": subprocess.PIPE,
            "stderr": subprocess.PIPE,
            "timeout": 30,
        } | options
        done = subprocess.run([*self.command, "--root", self.root, *arguments], text=True, check=False, **options)
        check_crash((done.stdout or "") + (done.stderr or ""))
        return done

    def state(self, container_id: str) -> dict[str, Any]:
        """The state as the runtime tells it."""
        state: dict[str, Any] = json.loads(self("state", container_id))
        return state


def check_crash(output: str) -> None:
    """Raise Crashed when `output` has the traces of a program that ended in an unforeseen way."""
    if re.search(r"^(Traceback \(most recent call last\)|panic: |thread '.*' panicked)", output, re.MULTILINE):
        raise Crashed(output)
