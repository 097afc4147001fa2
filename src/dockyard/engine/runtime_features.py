"""What OCI runtimes say they can do, for `docker info`: each is asked once, by `features`, when somebody wants to know.

https://github.com/opencontainers/runtime-spec/blob/v1.2.0/features.md
"""

import asyncio
import json
import subprocess
from collections.abc import Mapping

from dockyard.engine.config import BUILT_IN_RUNTIME, RuntimeCommand

TIMEOUT_SECONDS = 5
PATIENCE_SECONDS = 0.25
"""How long `docker info` waits for runtimes of others, once; what takes longer is there the next time."""


class RuntimeFeatures:
    """Asks runtimes; `built_in` is the command line of the one that comes with the engine."""

    def __init__(self, built_in: RuntimeCommand) -> None:
        self._built_in = built_in
        self._asked: dict[RuntimeCommand, asyncio.Task[str]] = {}

    async def of(self, runtimes: Mapping[str, RuntimeCommand]) -> dict[str, str]:
        """JSON text for each runtime that has an answer, with the one of the engine among them."""
        commands = {BUILT_IN_RUNTIME: self._built_in, **runtimes}
        known = frozenset(self._asked)
        answers = {name: self._ask(command) for name, command in commands.items()}
        if not known.issuperset(commands.values()):
            await asyncio.wait(answers.values(), timeout=PATIENCE_SECONDS)
        await asyncio.wait([answers[BUILT_IN_RUNTIME]])
        return {name: answer.result() for name, answer in answers.items() if answer.done() and answer.result()}

    def _ask(self, command: RuntimeCommand) -> "asyncio.Task[str]":
        if command not in self._asked:
            self._asked[command] = asyncio.create_task(asyncio.to_thread(_features, command))
        return self._asked[command]


def _features(command: RuntimeCommand) -> str:
    """The document on one line, as Docker shows it; "" for a runtime that doesn't know the question."""
    try:
        asked = [command.path, *command.args, "features"]
        answer = subprocess.run(
            asked, stdin=subprocess.DEVNULL, capture_output=True, timeout=TIMEOUT_SECONDS, check=True
        )
        document = json.loads(answer.stdout)
    except (OSError, subprocess.SubprocessError, ValueError):
        return ""
    return json.dumps(document, separators=(",", ":")) if isinstance(document, dict) else ""
