"""Columns from text with tabs: Go's text/tabwriter as Docker sets it (10 at least, 3 between, blanks)."""

from __future__ import annotations

from dockyard.cli.output.columns import columns_of

_LEAST, _BETWEEN = 10, 3


def aligned(text: str, *, least: int = _LEAST, between: int = _BETWEEN) -> str:
    """`text` with its cells padded. A cell ends with a tab; a column is a run of neighbouring lines that have it."""
    lines = [line.split("\t") for line in text.split("\n")]
    widths: list[list[int]] = [[] for _ in lines]
    _columns(lines, widths, 0, len(lines), 0, least, between)
    rows = []
    for cells, columns in zip(lines, widths, strict=True):
        padded = [cell + " " * (width - columns_of(cell)) for cell, width in zip(cells, columns, strict=False)]
        rows.append("".join(padded) + cells[-1])
    return "\n".join(rows)


def _columns(
    lines: list[list[str]], widths: list[list[int]], start: int, end: int, column: int, least: int, between: int
) -> None:
    """Settles the widths of `column` and of those to its right, for the lines from `start` to before `end`."""
    row = start
    while row < end:
        if len(lines[row]) - 1 <= column:
            row += 1
            continue
        first = row
        while row < end and len(lines[row]) - 1 > column:
            row += 1
        width = max(least, max(columns_of(cells[column]) for cells in lines[first:row]) + between)
        for settled in widths[first:row]:
            settled.append(width)
        _columns(lines, widths, first, row, column + 1, least, between)
