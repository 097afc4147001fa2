"""docs/refusals.md names everything that the daemon answers 501."""

import ast
from collections.abc import Iterator
from pathlib import Path

from dockyard.api.routes import ROUTES
from dockyard.server.docker.endpoints.table import ENDPOINTS

ROOT = Path(__file__).parents[3]
OF_THE_DAEMON = ("server", "engine", "logdrivers", "builder", "network", "store", "runtime")
UNREACHABLE = ") is not implemented by Dockyard yet"
"""What the door says of an operation without an endpoint: there is none."""


def messages() -> Iterator[str]:
    """The longest constant part of each message."""
    for package in OF_THE_DAEMON:
        for path in (ROOT / "src" / "dockyard" / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                name = node.func if isinstance(node, ast.Call) else None
                if isinstance(node, ast.Call) and isinstance(name, ast.Name) and name.id == "NotImplementedYet":
                    texts = [one.value for one in ast.walk(node) if isinstance(one, ast.Constant)]
                    yield max((text for text in texts if isinstance(text, str)), key=len)


def test_all_refusals_are_listed() -> None:
    listed = (ROOT / "docs" / "refusals.md").read_text()
    found = [message for message in messages() if message != UNREACHABLE]
    assert len(found) > 5

    def is_listed(message: str) -> bool:
        short = message.replace(" by Dockyard yet", "").replace(" by Dockyard", "").strip(" ,")
        return short in listed or any(word in listed for word in message.split() if word.startswith("SCMP_"))

    assert [message for message in found if not is_listed(message)] == []


def test_every_operation_of_the_definition_has_an_endpoint() -> None:
    assert {name for _, _, name in ROUTES} - ENDPOINTS.keys() == set()
