"""`.dockerignore`: which paths of a context are left out. Also `--exclude` of COPY and ADD.

    # comment        *.log  any file of this name in the root      !keep.log  but not this one
    a/b  the path, and what is below it        **/x  x at any depth       doc/**  all below doc

The last pattern that matches a path, or a directory above it, decides. Dockerfile reference, ".dockerignore file";
moby/patternmatcher. A pattern with many stars is matched by a set of states, not by backtracking: it is hostile input.
"""

import posixpath
import re
from collections.abc import Iterable, Sequence

from dockyard.builder.dockerfile.source import SPACES
from dockyard.errors import InvalidParameter

NAME = ".dockerignore"
_BACKTRACKING_STARS = 3


def read_patterns(text: str) -> list[str]:
    """The patterns of a `.dockerignore` file: comments and empty lines gone, paths cleaned."""
    patterns = []
    for line in text.removeprefix("\ufeff").split("\n"):
        pattern = line.strip(SPACES) if not line.startswith("#") else ""
        if not pattern:
            continue
        negated = pattern.startswith("!")
        if negated:
            pattern = pattern[1:].strip(SPACES)
        if pattern:
            pattern = _clean(pattern)
            if len(pattern) > 1 and pattern.startswith("/"):
                pattern = pattern[1:]
        patterns.append("!" + pattern if negated else pattern)
    return patterns


class Ignore:
    """Compiled patterns. Paths are relative, with `/`, without a leading or trailing one.

    Raises InvalidParameter for a pattern that can't be read.
    """

    def __init__(self, patterns: Iterable[str]) -> None:
        self._rules = tuple(_Rule(pattern) for pattern in patterns if pattern.strip(SPACES))
        self._exceptions = tuple(rule for rule in self._rules if rule.negated)

    def __bool__(self) -> bool:
        return bool(self._rules)

    def excludes(self, path: str) -> bool:
        """Whether `path` is left out: by itself, or because a directory above it is."""
        excluded = False
        parts = path.split("/")
        above = ["/".join(parts[:depth]) for depth in range(len(parts), 0, -1)]
        for rule in self._rules:
            if rule.negated == excluded and any(rule.matches(one) for one in above):
                excluded = not excluded
        return excluded

    def may_hold(self, directory: str) -> bool:
        """Whether something below the excluded `directory` may be let in again by an exception."""
        return any(rule.reaches(directory) for rule in self._exceptions)

    def may_name_below(self, directory: str) -> bool:
        """Whether a pattern that is no exception may match something below `directory`."""
        return any(rule.reaches(directory) for rule in self._rules if not rule.negated)


class _Rule:
    def __init__(self, pattern: str) -> None:
        text = pattern.strip(SPACES)
        self.negated = text.startswith("!")
        text = text[1:] if self.negated else text
        if not text:
            raise InvalidParameter('illegal exclusion pattern: "!"')
        self.text = _clean(text)
        self._tokens = _tokens(self.text)
        # `**x` without another wildcard is a suffix, also in the middle of a name: so moby has it.
        self._suffix = self.text[2:] if re.fullmatch(r"\*\*[^*?\[\]\\]*", self.text) else None
        stars = sum(token[0] in "*D" for token in self._tokens)
        self._regex = re.compile(_regex(self._tokens), re.DOTALL) if stars <= _BACKTRACKING_STARS else None

    def matches(self, path: str) -> bool:
        if self._suffix is not None:
            return path.endswith(self._suffix) or (self._suffix[:1] == "/" and path == self._suffix[1:])
        if self._regex is not None:
            return self._regex.fullmatch(path) is not None
        return _simulate(self._tokens, path)

    def reaches(self, directory: str) -> bool:
        """Whether the pattern may match something below `directory`: seen by the parts before the first wildcard."""
        fixed = re.split(r"[*?\[\\]", self.text, maxsplit=1)[0]
        if len(fixed) == len(self.text):
            return self.text.startswith(directory + "/")
        fixed = fixed.rpartition("/")[0]
        return not fixed or fixed == directory or fixed.startswith(directory + "/") or directory.startswith(fixed + "/")


Token = tuple[str, str]
"""`=c` a character, `?` any but a slash, `*` any number of these, `D` `**` and the slash behind it, `A` everything,
`[` a class of characters as a regular expression has it."""


def _tokens(text: str) -> list[Token]:
    tokens: list[Token] = []
    at = 0
    while at < len(text):
        char = text[at]
        at += 1
        if char == "*" and text[at : at + 1] == "*":
            at += 1
            if text[at : at + 1] == "/":
                at += 1
            tokens.append(("A" if at >= len(text) else "D", ""))
        elif char == "*":
            tokens.append(("*", ""))
        elif char == "?":
            tokens.append(("?", ""))
        elif char == "\\":
            if at >= len(text):
                raise InvalidParameter(f"syntax error in pattern: {text}")
            tokens.append(("=", text[at]))
            at += 1
        elif char == "[":
            value, at = _class(text, at)
            tokens.append(("[", value))
        else:
            tokens.append(("=", char))
    return tokens


def _class(text: str, at: int) -> tuple[str, int]:
    """The class behind `[` as a regular expression, and where the text goes on. The form is Go's path.Match's."""
    negated = text[at : at + 1] == "^"
    at += negated
    parts: list[str] = []
    while not parts or text[at : at + 1] != "]":
        low, at = _class_member(text, at)
        high = low
        if text[at : at + 1] == "-":
            high, at = _class_member(text, at + 1)
        if low > high:
            raise InvalidParameter(f"syntax error in pattern: {text}")
        parts.append(f"{re.escape(low)}-{re.escape(high)}")
    return f"[{'^' if negated else ''}{''.join(parts)}]", at + 1


def _class_member(text: str, at: int) -> tuple[str, int]:
    char = text[at : at + 1]
    if char == "\\":
        at += 1
        char = text[at : at + 1]
    elif char in ("-", "]"):
        char = ""
    if not char or at + 1 >= len(text):
        raise InvalidParameter(f"syntax error in pattern: {text}")
    return char, at + 1


def _regex(tokens: Sequence[Token]) -> str:
    forms = {"?": "[^/]", "*": "[^/]*", "D": "(?:.*/)?", "A": ".*"}
    return "".join(forms.get(kind) or (re.escape(value) if kind == "=" else value) for kind, value in tokens)


def _simulate(tokens: Sequence[Token], path: str) -> bool:
    """Whether `path` matches. A state is the index of the next token; -1 - index: inside of a `**` that must end behind
    a slash."""
    states = _closed({0}, tokens)
    for char in path:
        following: set[int] = set()
        for state in states:
            if state < 0:
                following.add(state)
                if char == "/":
                    following.add(-state)
            elif state < len(tokens):
                following |= _step(tokens[state], state, char)
        states = _closed(following, tokens)
        if not states:
            return False
    return len(tokens) in states


def _closed(states: set[int], tokens: Sequence[Token]) -> set[int]:
    """With the states that are reached without a character."""
    pending = list(states)
    while pending:
        state = pending.pop()
        if not 0 <= state < len(tokens) or tokens[state][0] not in "*DA":
            continue
        if tokens[state][0] == "D":
            states.add(-1 - state)
        if state + 1 not in states:
            states.add(state + 1)
            pending.append(state + 1)
    return states


def _step(token: Token, state: int, char: str) -> set[int]:
    kind, value = token
    if kind == "A" or (kind == "*" and char != "/"):
        return {state}
    matched = (
        (kind == "?" and char != "/")
        or (kind == "=" and char == value)
        or (kind == "[" and re.fullmatch(value, char) is not None)
    )
    return {state + 1} if matched else set()


def _clean(path: str) -> str:
    """Go's filepath.Clean; unlike Python's, two leading slashes become one."""
    cleaned = posixpath.normpath(path)
    return "/" + cleaned.lstrip("/") if cleaned.startswith("/") else cleaned
