"""The test's side of a guard (guard.py): start daemons that can't outlive the test process."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self


class Guard:
    """Owns the daemons of one engine; at the end it removes folders (`trees`), network `links` and top `cgroups`."""

    def __init__(
        self, trees: Sequence[Path], links: Sequence[str] = (), cgroups: Sequence[str] = (), grace_seconds: float = 10
    ) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(Path(__file__).with_name("guard.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self._write(
            {
                "trees": [str(tree) for tree in trees],
                "links": list(links),
                "cgroups": list(cgroups),
                "grace_seconds": grace_seconds,
            }
        )

    @property
    def pid(self) -> int:
        """The guard's own pid: the parent of what it started, and of their orphans."""
        return self._process.pid

    def start(self, command: Sequence[str], log: Path, environment: Mapping[str, str] | None = None) -> int:
        """Start `command` with its output appended to `log`; returns its pid."""
        self._write({"start": list(command), "log": str(log), "environment": dict(environment or os.environ)})
        assert self._process.stdout is not None
        return int(json.loads(self._process.stdout.readline())["pid"])

    def end(self) -> None:
        """Stop everything and clean up; returns when that is done."""
        assert self._process.stdin is not None
        if not self._process.stdin.closed:
            self._process.stdin.close()
        self._process.wait(timeout=120)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def _write(self, message: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(message) + "\n")
        self._process.stdin.flush()
