"""The cases of a topic, many in one file.

=== name --build-arg=A=1        a case, with arguments for the client
FROM busybox                    its Dockerfile
--- .dockerignore               another file of its context (a name that ends in a slash: nothing)
*.md
"""

import shlex
from dataclasses import dataclass, field
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "data" / "dockerfiles"


@dataclass(slots=True)
class Case:
    """One Dockerfile, the client's `arguments`, and `files` beside those that all cases have."""

    topic: str
    name: str
    arguments: list[str]
    dockerfile: str = ""
    files: dict[str, str] = field(default_factory=dict)


def topics() -> list[str]:
    """Names of all topics."""
    return sorted(path.stem for path in FOLDER.glob("*.cases"))


def cases(topic: str) -> list[Case]:
    """The cases of a topic, in order."""
    found: list[Case] = []
    place = ""
    for line in (FOLDER / f"{topic}.cases").read_text().splitlines(keepends=True):
        if line.startswith("=== "):
            name, *arguments = shlex.split(line[4:])
            found.append(Case(topic, name, arguments))
            place = ""
        elif line.startswith("--- "):
            place = line[4:].strip()
            found[-1].files[place] = ""
        elif place:
            found[-1].files[place] += line
        elif found:
            found[-1].dockerfile += line
    names = [case.name for case in found]
    assert len(names) == len(set(names)), f"{topic}: a name twice"
    return found
