"""`--format` of the listing verbs: a table, a table by template, JSON, or a template for each row.

(nothing) or `table`     the verb's own table           `table TEMPLATE`   columns by template, with a header
`json`                   an object a line               `TEMPLATE`         a line for each row
"""

from __future__ import annotations

from dockyard.cli.exit import Exit
from dockyard.cli.output.table import aligned
from dockyard.cli.session import Session
from dockyard.errors import InvalidParameter
from dockyard.wire.template import Record, Template
from dockyard.wire.template.functions import HEADER

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def for_ids(session: Session, layout: str, identifier: str) -> str:
    """The layout for --quiet: the id alone; a template besides is overruled, with Docker's warning."""
    if layout:
        session.error("WARNING: Ignoring custom format, because both --format and --quiet are set.")
    return f"{{{{.{identifier}}}}}"


def formatted(
    rows: Iterable[Mapping[str, object]], *, layout: str, default: str, headers: Mapping[str, str], type_name: str
) -> str:
    """The text for `rows`.

    layout: what --format says. default: the template of the verb's own table, without the word `table`.
    headers: the title of each column, by field. type_name: what messages call a row.
    Raises Exit with Docker's message for a template that can't be read or run.
    """
    if layout in ("", "table"):
        layout = f"table {default}"
    if layout == "json":
        layout = "{{json .}}"
    is_table = layout.startswith("table")
    source = (layout.removeprefix("table") if is_table else layout).strip(" ")
    source = source.replace("\\t", "\t").replace("\\n", "\n")
    try:
        template = Template(source)
    except InvalidParameter as error:
        raise Exit(1, f"failed to parse template: {error}") from None
    try:
        lines = [template.render(Record(type_name, row)) for row in rows]
    except InvalidParameter as error:
        raise Exit(1, f"failed to execute template: {error}") from None
    if not is_table:
        return "".join(f"{line}\n" for line in lines)
    header = template.render(Record(type_name, {**headers, "Label": _label_header}), HEADER)
    return aligned("\n".join([header, *lines])) + "\n"


def _label_header(name: str) -> str:
    return name.rpartition(".")[2].replace("-", " ").replace("_", " ")
