"""The real `docker` client as tests use it: `docker("run", "--rm", "busybox", "true")` gives what it printed."""

import json
import subprocess
import time
from typing import Any, NamedTuple

from tests.peers.programs import Program


class Result(NamedTuple):
    """A finished call: exit code, and both outputs as text."""

    code: int
    out: str
    err: str


class Docker:
    """A client that talks to one engine. Calls that may fail go through `result`; the call itself demands success."""

    def __init__(self, client: Program) -> None:
        self.client = client

    @property
    def host(self) -> str:
        """The engine's address, as for DOCKER_HOST."""
        return (self.client.environment or {})["DOCKER_HOST"]

    @property
    def socket(self) -> str:
        """Path of the engine's unix socket."""
        return self.host.removeprefix("unix://")

    def __call__(self, *arguments: str, stdin: str | bytes | None = None, timeout_seconds: float = 60) -> str:
        """Standard output of a call that must succeed, without its last line's end."""
        done = self.result(*arguments, stdin=stdin, timeout_seconds=timeout_seconds)
        assert done.code == 0, f"docker {' '.join(arguments)}: exit {done.code}\n{done.out}{done.err}"
        return done.out.removesuffix("\n")

    def result(self, *arguments: str, stdin: str | bytes | None = None, timeout_seconds: float = 60) -> Result:
        """Exit code and outputs of a call, whatever they are. Output that isn't UTF-8 gets replacement characters."""
        done = subprocess.run(
            self.client.command(*arguments),
            input=stdin.encode() if isinstance(stdin, str) else stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            timeout=timeout_seconds,
            env=self.client.environment,
        )
        return Result(done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace"))

    def raw(self, *arguments: str, timeout_seconds: float = 60) -> bytes:
        """Standard output of a call that must succeed, as bytes."""
        done = subprocess.run(
            self.client.command(*arguments), capture_output=True, timeout=timeout_seconds, env=self.client.environment
        )
        assert done.returncode == 0, done.stderr.decode(errors="replace")
        return done.stdout

    def start(self, *arguments: str, **options: Any) -> "subprocess.Popen[bytes]":
        """A call that goes on in the background, with pipes unless `options` of Popen say otherwise."""
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        return subprocess.Popen(self.client.command(*arguments), **{**pipes, "env": self.client.environment, **options})

    def inspect(self, reference: str, *kind: str) -> dict[str, Any]:
        """The object's JSON. `kind`: "--type", "image" where a name is ambiguous."""
        found: list[dict[str, Any]] = json.loads(self("inspect", *kind, reference))
        return found[0]

    def field(self, reference: str, template: str) -> str:
        """`docker inspect --format`."""
        return self("inspect", "--format", template, reference)

    def actions(self, container: str) -> list[str]:
        """What `docker events` tells of a container in the last ten minutes, oldest first."""
        now = time.time()
        # the client cuts `--until` without a fraction to the second that has begun
        span = ("--since", f"{now - 600:.9f}", "--until", f"{now + 0.1:.9f}")
        return self("events", *span, "--filter", f"container={container}", "--format", "{{.Action}}").split("\n")

    def info(self) -> dict[str, Any]:
        """`docker info` as JSON."""
        answer: dict[str, Any] = json.loads(self("info", "--format", "{{json .}}"))
        return answer
