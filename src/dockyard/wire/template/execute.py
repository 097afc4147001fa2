"""Nodes and data to text."""

from __future__ import annotations

from dockyard.errors import InvalidParameter
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
from dockyard.wire.template.values import GO_NAMES, Nil, Record, is_true, printed, type_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any

_MISSING: Any = object()


class _Left(Exception):
    """`break` or `continue` on its way to the nearest range."""

    def __init__(self, word: str) -> None:
        self.word = word


class Execution:
    """One run of a template over `data`."""

    def __init__(self, name: str, source: str, functions: Mapping[str, Callable[..., Any]], data: Any) -> None:
        self.name = name
        self.source = source
        self.functions = functions
        self.data = data
        self.out: list[str] = []
        self.variables: list[dict[str, Any]] = [{"$": data}]

    def run(self, nodes: list[Node]) -> str:
        """The text that `nodes` make. Raises InvalidParameter with Go's message."""
        self.walk(nodes, self.data)
        return "".join(self.out)

    def fail(self, node: Node, message: str) -> InvalidParameter:
        text = node.text if len(node.text) <= 20 else f"{node.text[:20]}..."
        line_start = self.source.rfind("\n", 0, node.offset) + 1
        place = f"{self.name}:{self.source.count(chr(10), 0, node.offset) + 1}:{node.offset - line_start}"
        return InvalidParameter(f'template: {place}: executing "{self.name}" at <{text}>: {message}')

    def walk(self, nodes: Iterable[Node], dot: Any) -> None:
        for node in nodes:
            if isinstance(node, Text):
                self.out.append(node.text)
            elif isinstance(node, Action):
                value = self.pipe(node.pipe, dot)
                if not node.pipe.variables:
                    self.out.append(printed(value, top=True))
            elif isinstance(node, Branch):
                self.branch(node, dot)
            elif isinstance(node, Leave):
                raise _Left(node.text)

    def branch(self, node: Branch, dot: Any) -> None:
        self.variables.append({})
        try:
            if node.word == "range":
                self.loop(node, dot)
                return
            value = self.pipe(node.pipe, dot)
            if is_true(value):
                self.walk(node.body, value if node.word == "with" else dot)
            else:
                self.walk(node.otherwise, dot)
        finally:
            self.variables.pop()

    def loop(self, node: Branch, dot: Any) -> None:
        names = node.pipe.variables
        value = self.pipe(node.pipe, dot, declare=False)
        if isinstance(value, dict):
            items: list[tuple[Any, Any]] = [(key, value[key]) for key in sorted(value)]
        elif isinstance(value, list | tuple):
            items = list(enumerate(value))
        elif isinstance(value, int) and not isinstance(value, bool):
            items = [(number, number) for number in range(value)]
        elif value is None or isinstance(value, Nil):
            items = []
        else:
            raise self.fail(node.pipe, f"range can't iterate over {printed(value)}")
        if not items:
            self.walk(node.otherwise, dot)
        for key, item in items:
            self.variables.append(dict(zip(names, (key, item) if len(names) == 2 else (item,), strict=False)))
            try:
                self.walk(node.body, item)
            except _Left as left:
                if left.word == "break":
                    break
            finally:
                self.variables.pop()

    def pipe(self, pipe: Pipe, dot: Any, *, declare: bool = True) -> Any:
        value = _MISSING
        for call in pipe.calls:
            value = self.call(call, dot, value)
        if declare and pipe.variables:
            self.assign(pipe, value)
        return value

    def assign(self, pipe: Pipe, value: Any) -> None:
        name = pipe.variables[0]
        scopes = [scope for scope in reversed(self.variables) if name in scope] if pipe.assigns else []
        (scopes or self.variables[-1:])[0][name] = value

    def call(self, call: Call, dot: Any, last: Any) -> Any:
        first, *rest = call.operands
        if isinstance(first, Function):
            return self.function(call, first.text, rest, dot, last)
        if isinstance(first, Fields):
            return self.fields(first, dot, rest, last)
        if rest or last is not _MISSING:
            raise self.fail(first, f"can't give argument to non-function {first.text}")
        return self.operand(first, dot)

    def operand(self, node: Node, dot: Any) -> Any:
        if isinstance(node, Constant):
            return node.value
        if isinstance(node, Dot):
            return dot
        if isinstance(node, Fields):
            return self.fields(node, dot, [], _MISSING)
        if isinstance(node, Pipe):
            return self.pipe(node, dot)
        if isinstance(node, Function):
            return self.function(node, node.text, [], dot, _MISSING)
        raise self.fail(node, "can't evaluate command")

    def function(self, node: Node, name: str, operands: list[Node], dot: Any, last: Any) -> Any:
        if name in ("and", "or"):
            return self.short_circuit(node, name, operands, dot, last)
        arguments = [self.operand(operand, dot) for operand in operands]
        if last is not _MISSING:
            arguments.append(last)
        return self.invoke(node, name, self.functions[name], arguments)

    def short_circuit(self, node: Node, name: str, operands: list[Node], dot: Any, last: Any) -> Any:
        if not operands and last is _MISSING:
            raise self.fail(node, f"wrong number of args for {name}: want at least 1 got 0")
        value: Any = None
        for operand in operands:
            value = self.operand(operand, dot)
            if is_true(value) is (name == "or"):
                return value
        return value if last is _MISSING else last

    def invoke(self, node: Node, name: str, function: Callable[..., Any], arguments: list[Any]) -> Any:
        try:
            return function(*arguments)
        except TypeError:
            raise self.fail(node, f"wrong number or type of args for {name}: got {len(arguments)}") from None
        except (ValueError, LookupError) as error:
            raise self.fail(node, f"error calling {name}: {error}") from None

    def fields(self, node: Fields, dot: Any, operands: list[Node], last: Any) -> Any:
        if node.start is None:
            value = dot
        elif isinstance(node.start, str):
            value = next(scope[node.start] for scope in reversed(self.variables) if node.start in scope)
        else:
            value = self.pipe(node.start, dot)
        arguments = [self.operand(operand, dot) for operand in operands]
        if last is not _MISSING:
            arguments.append(last)
        if not node.names and arguments:
            raise self.fail(node, f"can't give argument to non-function {node.text}")
        for number, name in enumerate(node.names):
            if isinstance(value, Nil) and value.absent and number:
                raise self.fail(node, f'map has no entry for key "{node.names[number - 1]}"')
            value = self.field(node, value, name, arguments if number == len(node.names) - 1 else [])
        return value

    def field(self, node: Fields, value: Any, name: str, arguments: list[Any]) -> Any:
        members = value.fields if isinstance(value, Record) else value
        if isinstance(members, dict) and name not in members and GO_NAMES.get(name) in members:
            name = GO_NAMES[name]
        if isinstance(value, Record):
            if name not in value.fields:
                raise self.fail(node, f"can't evaluate field {name} in type {value.type_name}")
            found = value.fields[name]
            if arguments and name != "Label":
                raise self.fail(node, f"wrong number of args for {name}: want 0 got {len(arguments)}")
            if callable(found):
                return self.invoke(node, name, found, arguments)
        elif isinstance(value, dict):
            if name not in value:
                raise self.fail(node, f'map has no entry for key "{name}"')
            found = value[name]
        elif value is None or isinstance(value, Nil):
            raise self.fail(node, f"nil pointer evaluating interface {{}}.{name}")
        else:
            raise self.fail(node, f"can't evaluate field {name} in type {type_name(value)}")
        if arguments:
            raise self.fail(node, f"{name} is not a method but has arguments")
        return found
