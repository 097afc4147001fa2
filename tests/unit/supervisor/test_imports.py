"""What supervisor and shims load: the standard library without its heavy parts, within a budget."""

import subprocess
import sys

import dockyard

FORBIDDEN = (
    "asyncio",
    "logging",
    "dataclasses",
    "inspect",
    "threading",
    "subprocess",
    "concurrent",
    "ssl",
    "http",
    "email",
)
PROGRAM = """
import sys
sys.path.insert(0, sys.argv[1])
import dockyard.cmd.dockyard_supervisor
print("\\n".join(sys.modules))
"""


def test_the_supervisor_loads_nothing_heavy() -> None:
    package = dockyard.__file__.rsplit("/", 2)[0]
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", PROGRAM, package], capture_output=True, text=True, check=True
    )
    modules = done.stdout.split()
    assert [name for name in modules if name.partition(".")[0] in FORBIDDEN] == []
    assert "dockyard.runtime.container_create" in modules, "what shims need must be there before the fork"
    assert len(modules) < 320
