"""Writes fields.json: the names of the fields that the Engine API's definition gives Config and HostConfig.

    python record_fields.py engine-api.yaml > fields.json

The definition is moby's api/swagger.yaml of version 1.55. Only names are kept: what tests need in order to notice a
field that nobody has thought of. The structure of the file is fixed, so that a look at the indentation takes the place
of a YAML parser.
"""

import json
import re
import sys
from pathlib import Path

DEFINITIONS = {"Config": ("ContainerConfig",), "HostConfig": ("Resources", "HostConfig"), "Mount": ("Mount",)}


def properties(lines: list[str], definition: str) -> list[str]:
    """The names of the properties of one definition, in order; those of `allOf` references are left out."""
    start = lines.index(f"  {definition}:") + 1
    end = next(number for number in range(start, len(lines)) if re.match(r"  \S", lines[number]))
    block = lines[start:end]
    first = next(number for number, line in enumerate(block) if line.strip() == "properties:")
    indent = len(block[first]) - len(block[first].lstrip()) + 2
    names = (re.match(rf" {{{indent}}}(\w+):", line) for line in block[first + 1 :])
    return [match[1] for match in names if match]


def main() -> None:
    """Print the fields of the definition whose path is the only argument."""
    lines = Path(sys.argv[1]).read_text().splitlines()
    found = {key: [name for one in names for name in properties(lines, one)] for key, names in DEFINITIONS.items()}
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
