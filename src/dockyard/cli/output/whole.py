"""`--format` of the verbs that print one thing: a template over the whole, or JSON."""

from __future__ import annotations

from dockyard.cli.exit import Exit
from dockyard.cli.session import Session
from dockyard.errors import InvalidParameter
from dockyard.wire import json_text
from dockyard.wire.template import Record, Template

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


def rendered(session: Session, layout: str, name: str, data: Mapping[str, Any], type_name: str) -> str:
    """The text of `data` by the template `layout`, or as JSON.

    name: the template's, in messages. type_name: of the data, in messages. Raises Exit with Docker's codes.
    """
    if layout == "json":
        return json_text.dumps(data)
    try:
        template = Template(layout, name)
    except InvalidParameter as error:
        raise Exit(64, f"template parsing error: {error}") from None
    try:
        return template.render(Record(type_name, data, is_row=False))
    except InvalidParameter as error:
        session.line("")
        raise Exit(1, str(error)) from None
