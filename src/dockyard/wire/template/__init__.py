"""Go templates for `--format`: the language of Go's text/template, as far as formats need it.

    lexer.py      text ─► tokens            parser.py    tokens ─► nodes (nodes.py)
    execute.py    nodes and data ─► text     functions.py what a pipeline may call
    values.py     values as Go prints them

There are fields, variables, pipelines, parentheses, `if`, `range`, `with`, `else`, `break`, `continue`, comments, trim
markers, Go's own functions and Docker's (`json`, `join`, `split`, `title`, `lower`, `upper`, `pad`, `truncate`).
`define`, `block`, `template` and `call` are refused. Reference: https://pkg.go.dev/text/template
"""

from __future__ import annotations

from dockyard.wire.template.execute import Execution
from dockyard.wire.template.functions import DOCKER, GO
from dockyard.wire.template.parser import parse
from dockyard.wire.template.values import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

__all__ = ["Record", "Template"]


class Template:
    """A parsed template. Raises InvalidParameter with Go's message when `text` isn't one."""

    __slots__ = ("_name", "_nodes", "_source")

    def __init__(self, text: str, name: str = "") -> None:
        self._name = name
        self._source = text
        self._nodes = parse(text, name, {**GO, **DOCKER})

    def render(self, data: Any, functions: Mapping[str, Callable[..., Any]] | None = None) -> str:
        """The text for `data`; `functions` stand in for Docker's own of the same name.

        Raises InvalidParameter with Go's message for a missing field or a failing function.
        """
        return Execution(self._name, self._source, {**GO, **DOCKER, **(functions or {})}, data).run(self._nodes)
