"""Shell patterns for names with slashes, as Go's path.Match reads them: `*` and `?` stop at a slash.

    grammar   { "*" | "?" | "[" ["^"] { character | character "-" character } "]" | "\\" character | character }
    good      busybox   */web:*   v[0-9].?
    bad       [a   a\\

https://pkg.go.dev/path#Match
"""

import re
from functools import lru_cache

from dockyard.errors import InvalidParameter

PIECE = re.compile(r"\*|\?|\[(\^?)((?:\\.|[^\\\]])(?:\\.|[^\\\]])*)\]|\\(.)|([^*?\[\\])", re.DOTALL)
MEMBER = re.compile(r"(\\.|[^\\-])(?:-(\\.|[^\\-]))?", re.DOTALL)


def path_matches(pattern: str, text: str) -> bool:
    """Whether the whole of `text` is of `pattern`. InvalidParameter for a pattern that isn't one."""
    return _compiled(pattern).fullmatch(text) is not None


@lru_cache(maxsize=64)
def _compiled(pattern: str) -> re.Pattern[str]:
    position = 0
    parts = []
    while position < len(pattern):
        piece = PIECE.match(pattern, position)
        if piece is None:
            raise InvalidParameter("syntax error in pattern")
        position = piece.end()
        match piece[0]:
            case "*":
                parts.append("[^/]*")
            case "?":
                parts.append("[^/]")
            case _ if piece[2] is not None:
                parts.append(_set(piece[1], piece[2]))
            case _:
                parts.append(re.escape(piece[3] or piece[4]))
    return re.compile("".join(parts), re.DOTALL)


def _set(negation: str, members: str) -> str:
    position = 0
    parts = []
    while position < len(members):
        member = MEMBER.match(members, position)
        if member is None:
            raise InvalidParameter("syntax error in pattern")
        position = member.end()
        first, last = member[1][-1], (member[2] or member[1])[-1]
        if first > last:
            return "(?!)" if not negation else "[^/]"
        parts.append(f"{re.escape(first)}-{re.escape(last)}")
    return f"[{negation}{''.join(parts)}]"
