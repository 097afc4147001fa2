"""Golden folders: `cases/<name>/Dockerfile`, and beside it `parsed.json`, or `error.txt` with message and excerpt.

python -m tests.unit.builder.test_dockerfile_cases     writes what is expected anew; look at the diff
"""

import json
import sys
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest

from dockyard.builder.dockerfile import DockerfileError, parse_dockerfile
from dockyard.builder.dockerfile.lines import Line

CASES = sorted((Path(__file__).parent / "cases").iterdir())


def outcome(case: Path) -> tuple[str, str]:
    """Name and text of the file that says what becomes of the case."""
    try:
        dockerfile = parse_dockerfile((case / "Dockerfile").read_bytes())
    except DockerfileError as error:
        return "error.txt", f"{error}\n\n{error.excerpt}\n"
    document = {
        "escape": dockerfile.escape,
        "directives": dockerfile.lines.directives,
        "arguments": [plain(argument) for argument in dockerfile.arguments],
        "stages": [
            {
                "name": stage.name,
                "begin": plain(stage.begin),
                "instructions": [plain(one) for one in stage.instructions],
            }
            for stage in dockerfile.stages
        ],
    }
    return "parsed.json", json.dumps({key: value for key, value in document.items() if value}, indent=1) + "\n"


def plain(value: Any) -> Any:
    """A value as JSON; what isn't set is left out."""
    if isinstance(value, Line):
        return [value.span.start, value.span.end]
    if is_dataclass(value) and not isinstance(value, type):
        found = {field.name: plain(getattr(value, field.name)) for field in fields(value)}
        kept = {key: one for key, one in found.items() if one not in ("", [], None, False)}
        return {"type": type(value).__name__, **kept} if "line" in kept else kept
    if hasattr(value, "_asdict"):
        return {key: plain(one) for key, one in value._asdict().items() if one}
    if isinstance(value, tuple):
        return [plain(one) for one in value]
    return value


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case(case: Path) -> None:
    name, text = outcome(case)
    assert {path.name for path in case.iterdir()} == {"Dockerfile", name}
    assert (case / name).read_text() == text


if __name__ == "__main__":
    for folder in CASES:
        for old in ("parsed.json", "error.txt"):
            (folder / old).unlink(missing_ok=True)
        file, expected = outcome(folder)
        (folder / file).write_text(expected)
        sys.stdout.write(f"{folder.name}/{file}\n")
