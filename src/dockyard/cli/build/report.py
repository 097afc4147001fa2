"""What is told when a build is over: warnings, lines that failed, the answer to a question, files about the result."""

from __future__ import annotations

import base64
import binascii
import json
import os

from dockyard.cli.build.raw_json import warning
from dockyard.cli.exit import Exit
from dockyard.cli.session import STDERR, Session, write_all
from dockyard.client.build.failure import excerpt, source_of
from dockyard.client.build.progress import Source
from dockyard.errors import SystemFailure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from dockyard.client.build.build import Built
    from dockyard.client.build.failure import BuildFailed
    from dockyard.client.build.progress import Warned

_YELLOW, _PLAIN = "\x1b[33m", "\x1b[0m"


def print_warnings(warnings: Sequence[Warned]) -> None:
    """The warnings of a build, below its progress."""
    if not warnings:
        return
    count = "1 warning found" if len(warnings) == 1 else f"{len(warnings)} warnings found"
    lines = "".join(f" - {one.short}\n" for one in warnings)
    text = f"\n {_YELLOW}{count} (use --check to expand):\n{_PLAIN}{lines}"
    write_all(STDERR, text.encode("utf-8", "surrogateescape"))


def failure_text(error: BuildFailed) -> str:
    """The lines that are blamed, and why."""
    lines = "".join(excerpt(source) for source in error.sources)
    return f"{lines}ERROR: failed to build: failed to solve: {error.message}"


def write_image_id(path: str, built: Built) -> None:
    """`--iidfile`."""
    try:
        with open(path, "w", encoding="ascii") as file:
            file.write(built.image_id)
    except OSError as error:
        raise SystemFailure(f"writing image ID file: open {path}: {(error.strerror or str(error)).lower()}") from error


def write_metadata(path: str, built: Built, warnings: Sequence[Warned]) -> None:
    """`--metadata-file`: what exporters answered; what is JSON in base64 stands there as JSON. In one step."""
    found = {name: _decoded(text) for name, text in sorted(built.answers.items())}
    for name, data in sorted(built.called.items()):
        found[name] = _decoded(data.decode("utf-8", "replace"), plain=True)
    if warnings and os.environ.get("BUILDX_METADATA_WARNINGS", "").lower() in ("1", "t", "true"):
        found["buildx.build.warnings"] = [warning(one) for one in warnings]
    beside = f"{path}.{os.getpid()}"
    try:
        with open(beside, "w", encoding="utf-8") as file:
            file.write(json.dumps(found, indent=2, ensure_ascii=False))
        os.rename(beside, path)
    except OSError as error:
        raise SystemFailure(f"open {path}: {(error.strerror or str(error)).lower()}") from error


def _decoded(text: str, *, plain: bool = False) -> Any:
    try:
        value = json.loads(text if plain else base64.b64decode(text, validate=True))
    except (ValueError, binascii.Error, RecursionError):
        return text
    return value if isinstance(value, dict | list) and value else text


def print_answer(session: Session, built: Built, question: str) -> int:
    """The answer to `--check` and its like; returns the exit code."""
    if question in ("check", "lint"):
        _print_lint(session, built)
    else:
        session.write(built.called.get("result.txt", b"").decode("utf-8", "replace"))
    status = built.called.get("result.statuscode", b"0")
    return int(status) if status.isdigit() else 0


def _print_lint(session: Session, built: Built) -> None:
    try:
        result = json.loads(built.called.get("result.json", b"{}"))
        found = sorted(result.get("warnings") or [], key=_place)
        if found:
            count = "1 warning has" if len(found) == 1 else f"{len(found)} warnings have"
            session.line(f"Check complete, {count} been found!")
        for one in found:
            url = f" - {one['url']}" if one.get("url") else ""
            session.write(f"\nWARNING: {one['ruleName']}{url}\n{one.get('detail', '')}\n")
            session.write(_lines(result, one.get("location") or {}, built.source_name))
        failed = result.get("buildError")
        if failed:
            if found:
                session.line("")
            lines = _lines(result, failed.get("location") or {}, built.source_name)
            session.flush()
            raise Exit(1, f"ERROR: {failed.get('message', '')}\n{lines}".rstrip("\n"))
        if not found:
            session.line("Check complete, no warnings found.")
    except (ValueError, TypeError, KeyError, AttributeError, IndexError) as error:
        raise SystemFailure(f"the daemon's answer to the check can't be read: {error}") from error


def _place(one: Any) -> tuple[int, int, str]:
    location = one.get("location") or {}
    ranges = location.get("ranges") or [{}]
    line = int((ranges[0].get("start") or {}).get("line", 0))
    return int(location.get("sourceIndex", 0)), line, str(one.get("ruleName", ""))


def _lines(result: Any, location: Any, name: str) -> str:
    index = int(location.get("sourceIndex", 0))
    if index < 0:
        return ""
    source = source_of({"info": result["sources"][index], "ranges": location.get("ranges")})
    return excerpt(Source(name or source.filename, source.data, source.ranges))
