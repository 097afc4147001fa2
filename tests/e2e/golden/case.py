"""A file of cases: one command a line, run in order in one folder, against each engine.

# a comment
run --rm busybox echo hello            arguments of `docker`, as a shell would read them
$ echo hi | docker exec -i c cat       a line of shell, where `docker` is the client
run -m 1k busybox                      what is indented below is an allowed difference: the reason, and
    because: raised to 6MB in 23.0     which of exit code, output and error of *ours* is expected to be otherwise.
    code: 125                          `out:` and `err:` stand once a line of text; alone they mean none
    err: docker: Minimum memory limit allowed is 6MB
    because 26: …                      the same (`code 26:`, `out 26:`, `err 26:`), where Docker 26 is the reference and
                                       ours differs from it for a reason of its own
"""

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

KEYS = ("because", "code", "out", "err")
RELEASE = " 26"


class Outcome(NamedTuple):
    """What a command did: exit code and both outputs, normalised."""

    code: int
    out: str
    err: str


@dataclass(slots=True)
class Case:
    """A command and, where it may differ, why, and what ours says instead (None: the same as the reference)."""

    number: int
    command: str
    because: str = ""
    code: int | None = None
    out: list[str] | None = None
    err: list[str] | None = None
    newer: "Case | None" = None
    """What stands there about Docker 26."""

    @property
    def shell(self) -> str:
        """The command as `sh -c` takes it."""
        return self.command[2:] if self.command.startswith("$ ") else f"docker {self.command}"

    def expected(self, reference: Outcome) -> Outcome:
        """What ours must be, given what the reference did."""
        return Outcome(
            reference.code if self.code is None else self.code,
            reference.out if self.out is None else _text(self.out),
            reference.err if self.err is None else _text(self.err),
        )

    def add(self, line: str) -> None:
        """Take an indented line."""
        key, separator, value = line.strip().partition(":")
        if key.endswith(RELEASE):
            self.newer = self.newer or Case(self.number, self.command)
            self.newer.add(f"{key.removesuffix(RELEASE)}:{value}")
            return
        assert separator and key in KEYS, f"line {self.number}: {line.strip()!r} isn't one of {', '.join(KEYS)}"
        value = value.removeprefix(" ")
        if key == "because":
            self.because = f"{self.because} {value}".strip()
        elif key == "code":
            self.code = int(value)
        else:
            lines = getattr(self, key) or []
            setattr(self, key, [*lines, value])


def read_cases(path: Path) -> list[Case]:
    """The cases of a file; AssertionError on a difference without a reason."""
    cases: list[Case] = []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        if line.startswith(" "):
            cases[-1].add(line)
        else:
            cases.append(Case(number, line))
    stated = [*cases, *(case.newer for case in cases if case.newer)]
    unexplained = [case for case in stated if not case.because and (case.code, case.out, case.err) != (None,) * 3]
    assert not unexplained, f"{path.name}: differences without a reason: {[case.number for case in unexplained]}"
    return cases


def _text(lines: list[str]) -> str:
    return "" if lines == [""] else "\n".join(lines) + "\n"
