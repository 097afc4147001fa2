"""Parser directives: `# syntax=…`, `# escape=…`, `# check=…` in the first lines of a Dockerfile.

They end with the first line that isn't one, be it a comment. Dockerfile reference, "Parser directives".
"""

import re
from dataclasses import dataclass, field

from dockyard.builder.dockerfile.source import SPACES, DockerfileError

KNOWN = ("syntax", "escape", "check")
_DIRECTIVE = re.compile(r"([a-zA-Z][a-zA-Z0-9]*)\s*=\s*(.+?)\s*\Z", re.ASCII)


@dataclass(slots=True)
class Directives:
    """The directives seen so far, and whether more may come."""

    values: dict[str, str] = field(default_factory=dict)
    done: bool = False

    @property
    def escape(self) -> str:
        """The character that escapes and continues lines."""
        return self.values.get("escape", "\\")

    def read(self, line: str) -> bool:
        """Whether `line` is a directive; it is remembered then.

        Raises DockerfileError for one that comes twice, or an escape character that can't be one.
        """
        if self.done:
            return False
        match = _DIRECTIVE.match(line[1:].lstrip(SPACES)) if line.startswith("#") else None
        name = match[1].lower() if match else ""
        if match is None or name not in KNOWN:
            self.done = True
            return False
        if name in self.values:
            raise DockerfileError(f"only one {name} parser directive can be used")
        if name == "escape" and match[2] not in ("\\", "`"):
            raise DockerfileError(f"invalid escape token '{match[2]}' does not match ` or \\")
        self.values[name] = match[2]
        return True
