"""Start-up is most of what a short command costs: what it imports is a budget."""

import subprocess
import sys
import time

import pytest

HEAVY = {
    "re", "typing", "json", "socket", "argparse", "asyncio", "subprocess", "logging", "dataclasses", "enum",
    "collections", "inspect", "msgspec", "aiohttp", "importlib.metadata", "contextlib", "functools",
    "selectors", "email", "urllib", "http", "ssl", "signal",
}  # fmt: skip
PROBE = """
import sys
before = set(sys.modules)
from dockyard.cli.main import main
try:
    main({arguments!r})
except SystemExit:
    pass
sys.stderr.write("\\n" + " ".join(sorted(set(sys.modules) - before)))
"""


def imported(*arguments: str) -> set[str]:
    """The modules that the command imports, beyond those of a bare interpreter."""
    program = [sys.executable, "-I", "-c", PROBE.format(arguments=list(arguments))]
    done = subprocess.run(program, capture_output=True, text=True, timeout=30)
    return set(done.stderr.splitlines()[-1].split())


@pytest.mark.parametrize(
    "arguments",
    [
        ("--version",),
        ("run", "--rm", "-p", "80:80", "image"),
        ("ps",),
        ("exec", "-i", "c", "true"),
        ("ps", "--format", "{{.Names}}"),
        ("images",),
        ("stop", "c"),
        ("inspect", "c"),
    ],
)
def test_nothing_heavy_is_imported(arguments: tuple[str, ...]) -> None:
    modules = imported("-H", "unix:///nowhere", *arguments)
    assert not modules & HEAVY
    assert "dockyard.cli.main" in modules


def test_only_the_verb_that_is_called_is_imported() -> None:
    modules = imported("-H", "unix:///nowhere", "ps")
    verbs = {name for name in modules if name.startswith("dockyard.cli.container.")}
    assert verbs == {"dockyard.cli.container.ls", "dockyard.cli.container.port_text"}


def test_version_costs_at_most_three_bare_interpreters() -> None:
    """The ratio of the best of twenty runs each, in turn, so that a busy machine slows both."""
    bare, ours = [], []
    for _ in range(20):
        bare.append(_seconds("-I", "-S", "-c", "pass"))
        ours.append(_seconds("-I", "-c", "from dockyard.cli.main import main; main(['--version'])"))
    assert min(ours) <= 3 * min(bare)


def _seconds(*arguments: str) -> float:
    started = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started
