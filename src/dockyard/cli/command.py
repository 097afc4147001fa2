"""What a verb is: a row that its module declares as COMMAND, and the function that does the work."""

from __future__ import annotations

from dockyard.cli.exit import Exit
from dockyard.cli.flags.parse import parse
from dockyard.cli.flags.spec import Flag, Parsed
from dockyard.errors import InvalidParameter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dockyard.cli.session import Session

ANY = 1 << 30


class Command:
    """One verb.

    arguments: the rest of its usage line, such as `[OPTIONS] CONTAINER [CONTAINER...]`.
    least, most: how many positional arguments it takes.
    flags: its table; None passes the whole line on to another program, flags and all.
    run: does the work with the session and the parsed line, and returns the exit code.
    aliases: every way to call it, as `--help` lists them.
    interspersed: whether flags may follow positional arguments (not where those are another program's command line).
    """

    __slots__ = ("aliases", "arguments", "flags", "interspersed", "least", "most", "passes_all", "run", "summary")

    def __init__(
        self,
        arguments: str,
        summary: str,
        run: Callable[[Session, Parsed], int],
        *,
        flags: tuple[Flag, ...] | None = (),
        least: int = 0,
        most: int = ANY,
        aliases: tuple[str, ...] = (),
        interspersed: bool = True,
    ) -> None:
        self.arguments = arguments
        self.summary = summary
        self.run = run
        self.flags = flags or ()
        self.passes_all = flags is None
        self.least = least
        self.most = most
        self.aliases = aliases
        self.interspersed = interspersed

    def parse(self, path: str, arguments: Sequence[str]) -> Parsed:
        """The parsed command line; `path` is how the verb was called (`dockyard container ls`), for messages.

        Raises Exit with Docker's texts and codes: 125 for a bad flag, 1 for a wrong number of arguments.
        """
        if self.passes_all:
            parsed = Parsed({})
            parsed.arguments.extend(arguments)
            return parsed
        try:
            parsed = parse(self.flags, arguments, interspersed=self.interspersed)
        except InvalidParameter as error:
            raise Exit(125, self.with_usage(path, str(error), "Run")) from None
        if not parsed.help:
            self._count(path, len(parsed.arguments))
        return parsed

    def with_usage(self, path: str, message: str, verb: str) -> str:
        """`message`, and beneath it the usage line and where to read more."""
        usage = f"{path} {self.arguments}".rstrip()
        return f"{message}\n\nUsage:  {usage}\n\n{verb} '{path} --help' for more information"

    def _count(self, path: str, count: int) -> None:
        if self.least <= count <= self.most:
            return
        verb = "Run"
        if self.most == 0:
            needs = "accepts no arguments"
        elif self.least == self.most:
            needs = f"requires {_arguments(self.least)}"
        elif self.most == ANY:
            needs, verb = f"requires at least {_arguments(self.least)}", "See"
        elif self.least:
            needs = f"requires at least {self.least} and at most {_arguments(self.most)}"
        else:
            needs = f"requires at most {_arguments(self.most)}"
        program = path.partition(" ")[0]
        raise Exit(1, self.with_usage(path, f"{program}: '{path}' {needs}", verb))


def _arguments(count: int) -> str:
    return f"{count} argument" if count == 1 else f"{count} arguments"
