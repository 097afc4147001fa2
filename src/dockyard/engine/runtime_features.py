"""What OCI runtimes say they can do, for `docker info`: each is asked once, by `features`, when somebody wants to know.

https://github.com/opencontainers/runtime-spec/blob/v1.2.0/features.md
"""

import asyncio
import json
import subprocess
from collections.abc import Mapping

from dockyard.engine.config import BUILT_IN_RUNTIME, RuntimeCommand

TIMEOUT_SECONDS = 5


class RuntimeFeatures:
    """Asks runtimes; `built_in` is the command line of the one that comes with the engine."""

    def __init__(self, built_in: RuntimeCommand) -> None:
        self._built_in = built_in
        self._known: dict[RuntimeCommand, str] = {}

    async def of(self, runtimes: Mapping[str, RuntimeCommand]) -> dict[str, str]:
        """JSON text for each runtime that has an answer, with the one of the engine among them."""
        commands = {BUILT_IN_RUNTIME: self._built_in, **runtimes}
        texts = await asyncio.gather(*(self._ask(command) for command in commands.values()))
        return {name: text for name, text in zip(commands, texts, strict=True) if text}

    async def _ask(self, command: RuntimeCommand) -> str:
        if command not in self._known:
            self._known[command] = await asyncio.to_thread(_features, command)
        return self._known[command]


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
