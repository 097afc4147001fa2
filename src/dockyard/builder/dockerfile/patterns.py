"""Shell patterns of `${name#pattern}`, `%`, `/`: `*`, `?`, and `\\` before either of them. No brackets.

POSIX shell, 2.13. Matched by a set of states kept in one integer, so that no pattern takes more than
length × length / 64 steps: a Dockerfile is hostile, and a backtracking matcher would stand still on `*a*a*a*a*b`.
"""

from collections.abc import Iterator

from dockyard.builder.dockerfile.source import DockerfileError

_STAR, _ANY = 0, 1
_WORK_LIMIT = 1 << 26

Token = int | str


class Pattern:
    """A compiled pattern. Raises DockerfileError for an escape that means nothing."""

    def __init__(self, text: str) -> None:
        self.tokens = tuple(_tokens(text))

    def reversed(self) -> "Pattern":
        """The pattern that matches backwards what this one matches forwards."""
        other = Pattern("")
        other.tokens = self.tokens[::-1]
        return other

    def ends(self, text: str, start: int = 0) -> Iterator[int]:
        """Where a match that begins at `start` may end, in ascending order."""
        final = 1 << len(self.tokens)
        states = self._skip_stars(1)
        if states & final:
            yield start
        stars = sum(1 << index for index, token in enumerate(self.tokens) if token is _STAR)
        anys = sum(1 << index for index, token in enumerate(self.tokens) if token is _ANY)
        literals: dict[str, int] = {}
        for index, token in enumerate(self.tokens):
            if isinstance(token, str):
                literals[token] = literals.get(token, 0) | 1 << index
        for position in range(start, len(text)):
            moved = (states & (anys | literals.get(text[position], 0))) << 1
            states = self._skip_stars(moved | states & stars)
            if not states:
                return
            if states & final:
                yield position + 1

    def match(self, text: str, start: int = 0, *, longest: bool) -> int | None:
        """The end of the longest or the shortest match at `start`; None when there is none."""
        found = None
        for end in self.ends(text, start):
            if not longest:
                return end
            found = end
        return found

    def _skip_stars(self, states: int) -> int:
        # A star may match nothing: a state that stands before one stands behind it, too.
        for index, token in enumerate(self.tokens):
            if token is _STAR and states >> index & 1:
                states |= 1 << index + 1
        return states


def trim_prefix(pattern: str, value: str, *, longest: bool) -> str:
    """`${value#pattern}`, or `##` with `longest`."""
    end = Pattern(pattern).match(value, longest=longest)
    return value if end is None else value[end:]


def trim_suffix(pattern: str, value: str, *, longest: bool) -> str:
    """`${value%pattern}`, or `%%` with `longest`."""
    end = Pattern(pattern).reversed().match(value[::-1], longest=longest)
    return value if end is None else value[: len(value) - end]


def replace(pattern: str, value: str, replacement: str, *, everywhere: bool) -> str:
    """`${value/pattern/replacement}`, or `//` with `everywhere`. Each match is the leftmost and longest."""
    compiled = Pattern(pattern)
    if len(value) * len(value) * max(1, len(pattern) // 64) > _WORK_LIMIT:
        raise DockerfileError("pattern or value too long in substitution")
    parts, position = [], 0
    while position <= len(value):
        end = compiled.match(value, position, longest=True)
        if end is None:
            parts.append(value[position : position + 1])
            position += 1
            continue
        parts.append(replacement)
        if end == position:  # an empty match: go on behind the next character
            parts.append(value[position : position + 1])
            end += 1
        position = end
        if not everywhere:
            break
    return "".join(parts) + value[position:]


def _tokens(text: str) -> Iterator[Token]:
    position = 0
    while position < len(text):
        char = text[position]
        position += 1
        if char == "*":
            yield _STAR
        elif char == "?":
            yield _ANY
        elif char == "\\":
            follows = text[position : position + 1]
            if follows in ("}", "/") and follows:
                continue  # escaped only because of the braces around
            if follows not in ("*", "?", "\\") or not follows:
                raise DockerfileError(f"invalid pattern ({text}) in substitution: invalid escape '\\{follows}'")
            yield follows
            position += 1
        else:
            yield char
