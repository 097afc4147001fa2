"""`--chmod`: octal digits, or letters as chmod(1) has them (`u=rwX,go=rX`)."""

import re
import stat

from dockyard.builder.dockerfile.source import DockerfileError

_CLAUSE = re.compile(r"([ugoa]*)((?:[-+=][rwxXstugo]*)+)\Z")
_CHANGE = re.compile(r"([-+=])([rwxXstugo]*)")
_WHO = {"u": 0o4700, "g": 0o2070, "o": 0o0007}
_BITS = {"r": 0o444, "w": 0o222, "x": 0o111}


def check_mode(text: str) -> None:
    """Raises DockerfileError in BuildKit's words."""
    if text.isascii() and text.isdigit():
        if not re.fullmatch("[0-7]+", text) or int(text, 8) > 0o7777:
            raise DockerfileError(
                f"invalid chmod parameter: '{text}'. it should be octal string and between 0 and 07777"
            )
        return
    for clause in text.split(","):
        if not _CLAUSE.match(clause):
            raise DockerfileError("invalid syntax")


def changed_mode(text: str, mode: int, *, directory: bool) -> int:
    """The permission bits that `text`, which was checked, makes of `mode`."""
    if text.isdigit():
        return int(text, 8)
    mode = stat.S_IMODE(mode)
    for clause in text.split(","):
        match = _CLAUSE.match(clause)
        assert match is not None
        for operator, what in _CHANGE.findall(match[2]):
            mode = _applied(mode, match[1], operator, what, directory)
    return mode


def _applied(mode: int, who: str, operator: str, what: str, directory: bool) -> int:
    everybody = not who or "a" in who
    field = 0o7777 if everybody else sum(_WHO[letter] for letter in set(who))
    bits = 0
    for letter in what:
        if letter in _BITS:
            bits |= _BITS[letter]
        elif letter == "X":
            bits |= 0o111 if directory or mode & 0o111 else 0
        elif letter == "s":
            bits |= 0o6000
        elif letter == "t":
            bits |= 0o1000
        else:
            shift = {"u": 6, "g": 3, "o": 0}[letter]
            bits |= (mode >> shift & 7) * 0o111
    bits &= field
    if operator == "+":
        return mode | bits
    return mode & ~bits if operator == "-" else mode & ~field | bits
