"""The nodes of a parsed template. Each knows its offset and, for messages, its own text."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Node:
    """What all nodes have: `offset` in the source, `text` as messages quote it."""

    __slots__ = ("offset", "text")

    def __init__(self, offset: int, text: str) -> None:
        self.offset = offset
        self.text = text


class Text(Node):
    """Text that is copied."""


class Constant(Node):
    """A number, string, boolean, character or nil."""

    __slots__ = ("value",)

    def __init__(self, offset: int, text: str, value: Any) -> None:
        super().__init__(offset, text)
        self.value = value


class Dot(Node):
    """The cursor, `.`."""


class Fields(Node):
    """`.A.B`, `$x.A`, or `(pipeline).A`: `names` of fields, taken one after another from `start`.

    start: None is the cursor, a string is the variable, a Pipe is the parenthesised pipeline.
    """

    __slots__ = ("names", "start")

    def __init__(self, offset: int, text: str, start: str | Pipe | None, names: list[str]) -> None:
        super().__init__(offset, text)
        self.start = start
        self.names = names


class Function(Node):
    """The name of a function."""


class Call(Node):
    """One command of a pipeline: an operand, or a function or method with arguments."""

    __slots__ = ("operands",)

    def __init__(self, offset: int, text: str, operands: list[Node]) -> None:
        super().__init__(offset, text)
        self.operands = operands


class Pipe(Node):
    """Commands, each of which hands its value to the next as the last argument; `variables` get the result."""

    __slots__ = ("assigns", "calls", "variables")

    def __init__(self, offset: int, text: str, calls: list[Call], variables: list[str], *, assigns: bool) -> None:
        super().__init__(offset, text)
        self.calls = calls
        self.variables = variables
        self.assigns = assigns


class Action(Node):
    """`{{pipeline}}`."""

    __slots__ = ("pipe",)

    def __init__(self, pipe: Pipe) -> None:
        super().__init__(pipe.offset, pipe.text)
        self.pipe = pipe


class Branch(Node):
    """`if`, `with` or `range` (`word`), with its body and its `else`."""

    __slots__ = ("body", "otherwise", "pipe", "word")

    def __init__(self, word: str, pipe: Pipe, body: list[Node], otherwise: list[Node]) -> None:
        super().__init__(pipe.offset, pipe.text)
        self.word = word
        self.pipe = pipe
        self.body = body
        self.otherwise = otherwise


class Leave(Node):
    """`break` or `continue`, in `text`."""
