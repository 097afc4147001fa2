"""Tokens to nodes, by recursive descent.

template = { text | "{{" action "}}" }
action   = pipeline | ("if" | "with" | "range") pipeline … ["else" …] "end" | "break" | "continue"
pipeline = [variables (":=" | "=")] command { "|" command }
command  = operand { space operand }
operand  = (constant | field | variable | function | "(" pipeline ")") { field }
"""

from __future__ import annotations

from dockyard.errors import InvalidParameter
from dockyard.wire.template import lexer
from dockyard.wire.template.lexer import Lexer, Token
from dockyard.wire.template.nodes import (
    Action,
    Branch,
    Call,
    Constant,
    Dot,
    Fields,
    Function,
    Leave,
    Node,
    Pipe,
    Text,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

_WORDS = ("if", "with", "range")
_REFUSED = ("define", "block", "template")
_CONSTANTS = {"true": True, "false": False, "nil": None}


def parse(source: str, name: str, functions: Mapping[str, Any]) -> list[Node]:
    """The nodes of `source`. Raises InvalidParameter with Go's message."""
    parser = _Parser(source, name, functions)
    nodes, end = parser.nodes(0)
    if end:
        raise parser.fail(f"unexpected {{{{{end}}}}}")
    return nodes


class _Parser:
    def __init__(self, source: str, name: str, functions: Mapping[str, Any]) -> None:
        self.lexer = Lexer(source, name)
        self.source = source
        self.list = self.lexer.tokens()
        self.index = 0
        self.functions = functions
        self.scopes = [["$"]]

    def fail(self, message: str) -> InvalidParameter:
        at = self.list[min(self.index, len(self.list)) - 1].offset if self.list and self.index else 0
        return self.lexer.fail(at, message)

    def peek(self) -> Token | None:
        return self.list[self.index] if self.index < len(self.list) else None

    def take(self) -> Token:
        if self.index >= len(self.list):
            raise self.fail("unexpected EOF")
        self.index += 1
        return self.list[self.index - 1]

    def skip_space(self) -> None:
        while self.index < len(self.list) and self.list[self.index].kind == lexer.SPACE:
            self.index += 1

    def nodes(self, loops: int) -> tuple[list[Node], str]:
        """Nodes up to the end of the source or an `end` or `else`; which of them it was."""
        found: list[Node] = []
        while self.index < len(self.list):
            token = self.take()
            if token.kind == lexer.TEXT:
                found.append(Text(token.offset, token.text))
                continue
            self.skip_space()
            following = self.peek()
            if following is not None and following.kind == lexer.NAME:
                if following.text in ("end", "else"):
                    self.take()
                    return found, following.text
                if following.text in _WORDS:
                    self.take()
                    found.append(self.branch(following.text, loops))
                    continue
                if following.text in ("break", "continue") and following.text not in self.functions:
                    self.take()
                    if not loops:
                        raise self.fail(f"{{{{{following.text}}}}} outside {{{{range}}}}")
                    self.close()
                    found.append(Leave(following.offset, following.text))
                    continue
                if following.text in _REFUSED:
                    raise self.fail(f"{{{{{following.text}}}}} is not supported by Dockyard")
            pipe = self.pipe("command")
            self.close()
            found.append(Action(pipe))
        return found, ""

    def close(self) -> None:
        self.skip_space()
        token = self.take()
        if token.text == ")":
            raise self.fail("unexpected right paren")
        if token.kind != lexer.CLOSE:
            raise self.fail(f"unexpected {_shown(token)} in command")

    def branch(self, word: str, loops: int) -> Branch:
        self.scopes.append([])
        pipe = self.pipe(word, range_variables=word == "range")
        self.close()
        inner = loops + 1 if word == "range" else loops
        body, end = self.nodes(inner)
        otherwise: list[Node] = []
        if end == "else":
            self.skip_space()
            following = self.peek()
            if following is not None and following.kind == lexer.NAME and following.text in ("if", "with"):
                self.take()
                otherwise = [self.branch(following.text, loops)]
                self.scopes.pop()
                return Branch(word, pipe, body, otherwise)
            self.close()
            otherwise, end = self.nodes(loops)
        if end != "end":
            raise self.fail("unexpected EOF" if not end else "expected end; found {{else}}")
        self.close()
        self.scopes.pop()
        return Branch(word, pipe, body, otherwise)

    def pipe(self, context: str, *, range_variables: bool = False) -> Pipe:
        self.skip_space()
        start = self.peek()
        offset = start.offset if start else len(self.source)
        variables, assigns = self.declaration(range_variables)
        calls: list[Call] = []
        while True:
            self.skip_space()
            token = self.peek()
            if token is None or token.kind == lexer.CLOSE or token.text == ")":
                if not calls:
                    raise self.fail(f"missing value for {context}")
                break
            calls.append(self.call())
        for number, call in enumerate(calls):
            if number and isinstance(call.operands[0], Constant | Dot):
                raise self.fail(f"non executable command in pipeline stage {number + 1}")
        self.scopes[-1].extend(variables if not assigns else [])
        end = self.peek()
        text = self.source[offset : end.offset if end else None].strip()
        return Pipe(offset, text, calls, variables, assigns=assigns)

    def declaration(self, range_variables: bool) -> tuple[list[str], bool]:
        """`$x :=`, `$x =` or, for range, `$i, $x :=` at the front of a pipeline; takes nothing where there is none."""
        back = self.index
        names: list[str] = []
        while (token := self.peek()) is not None and token.kind == lexer.VARIABLE and len(names) < 2:
            names.append(self.take().text)
            self.skip_space()
            following = self.peek()
            if following is not None and following.text in (":=", "=") and following.kind == lexer.PUNCTUATION:
                self.take()
                assigns = following.text == "="
                if assigns and not self.known(names[0]):
                    raise self.fail(f'undefined variable "{names[0]}"')
                return names, assigns
            if following is None or following.text != "," or not range_variables:
                break
            self.take()
            self.skip_space()
        self.index = back
        return [], False

    def known(self, name: str) -> bool:
        return any(name in scope for scope in self.scopes)

    def call(self) -> Call:
        operands: list[Node] = []
        first = self.peek()
        offset = first.offset if first else 0
        while True:
            self.skip_space()
            token = self.peek()
            if token is None or token.kind == lexer.CLOSE or token.text == ")":
                break
            if token.kind == lexer.PUNCTUATION and token.text == "|":
                if not operands:
                    raise self.fail('unexpected "|" in command')
                break
            operands.append(self.operand())
            token = self.peek()
            if token is not None and token.kind not in (lexer.SPACE, lexer.CLOSE) and token.text not in ("|", ")"):
                raise self.fail(f"unexpected {_shown(token)} in operand")
        end = self.peek()
        text = self.source[offset : end.offset if end else None].strip()
        if end is not None and end.text == "|" and end.kind == lexer.PUNCTUATION:
            self.take()
        return Call(offset, text, operands)

    def operand(self) -> Node:
        node = self.term()
        token = self.peek()
        if token is None or token.kind != lexer.FIELD or token.text == ".":
            return node
        offset = token.offset
        names: list[str] = []
        while (token := self.peek()) is not None and token.kind == lexer.FIELD and token.text != ".":
            names.append(self.take().text[1:])
        text = node.text + "".join(f".{name}" for name in names)
        if isinstance(node, Fields):
            return Fields(offset, text, node.start, node.names + names)
        if isinstance(node, Pipe):
            return Fields(offset, text, node, names)
        raise self.fail(f"unexpected . after term {node.text!r}".replace("'", '"'))

    def term(self) -> Node:
        token = self.take()
        if token.kind == lexer.FIELD:
            if token.text == ".":
                return Dot(token.offset, ".")
            return Fields(token.offset, token.text, None, [token.text[1:]])
        if token.kind == lexer.VARIABLE:
            if not self.known(token.text):
                raise self.fail(f'undefined variable "{token.text}"')
            return Fields(token.offset, token.text, token.text, [])
        if token.kind == lexer.NAME:
            if token.text in _CONSTANTS:
                return Constant(token.offset, token.text, _CONSTANTS[token.text])
            if token.text not in self.functions:
                raise self.fail(f'function "{token.text}" not defined')
            return Function(token.offset, token.text)
        if token.kind == lexer.STRING:
            return Constant(token.offset, f'"{token.text}"', token.text)
        if token.kind == lexer.CHAR:
            if len(token.text) != 1:
                raise self.fail(f"malformed character constant: '{token.text}'")
            return Constant(token.offset, f"'{token.text}'", ord(token.text))
        if token.kind == lexer.NUMBER:
            return Constant(token.offset, token.text, self.number(token.text))
        if token.text == "(":
            pipe = self.pipe("parenthesized pipeline")
            self.skip_space()
            if self.take().text != ")":
                raise self.fail("unclosed left paren")
            pipe.text = f"({pipe.text})"
            return pipe
        raise self.fail(f"unexpected {_shown(token)} in operand")

    def number(self, text: str) -> int | float:
        try:
            return int(text, 0)
        except ValueError:
            try:
                return float(text)
            except ValueError:
                raise self.fail(f'bad number syntax: "{text}"') from None


def _shown(token: Token) -> str:
    return f'"{token.text}"' if token.kind != lexer.TEXT else "text"
