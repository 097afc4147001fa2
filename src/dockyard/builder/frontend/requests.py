"""What a Dockerfile can be asked about itself (`docker buildx build --call=…`): answers as JSON and as text.

    frontend.lint         its warnings (`--check`)          frontend.outline      arguments, secrets, agents, caches
    frontend.targets      its stages                        frontend.subrequests.describe   this list

BuildKit, frontend/subrequests. The JSON is indented as Go's.
"""

import json
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from dockyard.builder.dockerfile.instructions import Arg, Run
from dockyard.builder.dockerfile.lines import Line
from dockyard.builder.dockerfile.lint import LintWarning
from dockyard.builder.dockerfile.mounts import parse_mount
from dockyard.builder.dockerfile.source import Span, excerpt
from dockyard.builder.dockerfile.stages import Dockerfile
from dockyard.builder.frontend.warnings import DESCRIPTIONS
from dockyard.builder.plan import BuildPlan

LINT, OUTLINE, TARGETS = "frontend.lint", "frontend.outline", "frontend.targets"
DESCRIBE = "frontend.subrequests.describe"
VERSION = "1.0.0"
Answer = dict[str, bytes]


def lint_answer(
    name: str, data: bytes, warnings: Sequence[LintWarning], error: tuple[str, Span | None] | None
) -> Answer:
    """The warnings, and the error that ended the look at the Dockerfile, if any."""
    found = [
        {
            "ruleName": one.rule,
            "description": DESCRIPTIONS.get(one.rule, ""),
            "url": one.url,
            "detail": one.message,
            "location": _location(*(one.ranges or (one.span,))),
        }
        for one in warnings
    ]
    value: dict[str, Any] = {
        "warnings": found or None,
        "sources": [{"filename": name, "data": _base64(data), "language": "Dockerfile"}],
    }
    if error is not None:
        value["buildError"] = {"message": error[0], "location": _location(error[1]) if error[1] else {}}
    text = data.decode("utf-8", "replace")
    shown = [f"\nWARNING: {one.rule} - {one.url}\n{one.message}\n{excerpt(name, text, one.span)}\n" for one in warnings]
    code = b"1" if warnings or error is not None else b"0"
    return {**_answer(value, "".join(shown)), "result.statuscode": code}


def targets_answer(dockerfile: Dockerfile, data: bytes) -> Answer:
    """The stages."""
    last = len(dockerfile.stages) - 1
    targets, rows = [], [("TARGET", "DESCRIPTION")]
    for stage in dockerfile.stages:
        name = stage.begin.name
        described = _description(stage.begin.line, name) if name else ""
        default = stage.index == last
        targets.append(
            {
                **({"name": name} if name else {}),
                **({"default": True} if default else {}),
                **({"description": described} if described else {}),
                "base": stage.begin.base,
                **({"platform": stage.begin.platform} if stage.begin.platform else {}),
                "location": _location(stage.begin.line.span),
            }
        )
        shown = f"{name} (default)" if name and default else name or ("(default)" if default else "")
        rows.append((shown, described))
    return _answer({"targets": targets, "sources": [_base64(data)]}, _table(rows, 1))


def outline_answer(plan: BuildPlan, given: Mapping[str, str], data: bytes) -> Answer:
    """What can be given to the target: of the stages that it needs."""
    arguments: dict[str, dict[str, Any]] = {}
    mounts: dict[str, dict[str, dict[str, Any]]] = {"secret": {}, "ssh": {}, "cache": {}}
    declared: list[Arg] = list(plan.dockerfile.arguments)
    for stage in plan.stages:
        if stage is None:
            continue
        declared += [one for one in stage.stage.instructions if isinstance(one, Arg)]
        for one in stage.stage.instructions:
            if isinstance(one, Run):
                _add_mounts(mounts, one)
    for one in sorted(declared, key=lambda each: each.line.span.start):
        for key, default in one.pairs:
            told = given.get(key, default)
            described = _description(one.line, key)
            arguments[key] = {
                "name": key,
                **({"description": described} if described else {}),
                **({"value": told} if told else {}),
                "location": _location(one.line.span),
            }
    target = plan.result.stage.begin
    described = _description(target.line, target.name) if target.name else ""
    value: dict[str, Any] = {
        **({"name": target.name} if target.name else {}),
        **({"description": described} if described else {}),
        **({"args": list(arguments.values())} if arguments else {}),
        **({"secrets": list(mounts["secret"].values())} if mounts["secret"] else {}),
        **({"ssh": list(mounts["ssh"].values())} if mounts["ssh"] else {}),
        **({"cache": list(mounts["cache"].values())} if mounts["cache"] else {}),
        "sources": [_base64(data)],
    }
    return _answer(value, _outline_text(value))


def describe_answer() -> Answer:
    """The requests that there are."""
    texts = {
        LINT: "Lint a Dockerfile",
        OUTLINE: "List all parameters current build target supports",
        TARGETS: "List all targets current build supports",
        DESCRIBE: "List available subrequest types",
    }
    found = [
        {
            "name": name,
            "version": VERSION,
            "type": "rpc",
            "description": text,
            "opts": [{"name": "target", "description": "Target build stage"}] if name == OUTLINE else [],
            "metadata": [{"name": "result.json"}, {"name": "result.txt"}],
        }
        for name, text in texts.items()
    ]
    rows = [("NAME", "VERSION", "DESCRIPTION"), *((name, VERSION, text) for name, text in texts.items())]
    return _answer(found, _table(rows, 1))


def _add_mounts(found: dict[str, dict[str, dict[str, Any]]], run: Run) -> None:
    for text in run.mounts:
        mount = parse_mount(text, lambda value: value)
        if mount.type not in found:
            continue
        name = mount.id or (mount.target.rpartition("/")[2] if mount.type == "secret" else mount.target) or "default"
        key = "ID" if mount.type == "cache" else "name"
        required = {"required": True} if mount.required and mount.type != "cache" else {}
        found[mount.type].setdefault(name, {key: name, **required, "location": _location(run.line.span)})


def _outline_text(value: Mapping[str, Any]) -> str:
    parts = []
    if value.get("name") or value.get("description"):
        rows = [("TARGET:", value.get("name") or "(default)")]
        rows += [("DESCRIPTION:", value["description"])] if value.get("description") else []
        parts.append(_table(rows, 1))
    if value.get("args"):
        rows3 = [(one["name"], one.get("value", ""), one.get("description", "")) for one in value["args"]]
        parts.append(_table([("BUILD ARG", "VALUE", "DESCRIPTION"), *rows3], 3))
    for key, title in (("secrets", "SECRET"), ("ssh", "SSH")):
        if value.get(key):
            rows = [(one["name"], "true" if one.get("required") else "") for one in value[key]]
            parts.append(_table([(title, "REQUIRED"), *rows], 3))
    if value.get("cache"):
        parts.append(_table([("CACHE MOUNT",), *((one["ID"],) for one in value["cache"])], 3))
    return "".join(f"{part}\n" for part in parts)


def _answer(value: Any, text: str) -> Answer:
    whole = json.dumps(value, indent=2, ensure_ascii=False).encode("utf-8", "replace")
    return {"result.json": whole, "result.txt": text.encode("utf-8", "replace"), "version": VERSION.encode()}


def _table(rows: Iterable[tuple[str, ...]], padding: int) -> str:
    """Columns as Go's tabwriter sets them."""
    lines = list(rows)
    widths = [max(len(row[at]) for row in lines) + padding for at in range(len(lines[0]) - 1)]
    return "".join(
        "".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False)) + row[-1] + "\n" for row in lines
    )


def _location(*spans: Span) -> dict[str, Any]:
    return {"ranges": [{"start": {"line": span.start}, "end": {"line": span.end}} for span in spans]}


def _description(line: Line, name: str) -> str:
    """A comment above that begins with the name tells what it is for."""
    for comment in line.comments:
        text = comment.lstrip("#").strip()
        if text.startswith(name + " "):
            return text[len(name) :].strip()
    return ""


def _base64(data: bytes) -> str:
    return b64encode(data).decode()
