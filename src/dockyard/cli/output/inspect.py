"""What the `inspect` verbs print: a JSON array of all that was found, or a template for each."""

from __future__ import annotations

from dockyard.cli.exit import Exit
from dockyard.cli.flags.kinds import STRING
from dockyard.cli.flags.spec import Flag
from dockyard.cli.output.json_indent import indented
from dockyard.cli.session import Session
from dockyard.errors import DockyardError, InvalidParameter
from dockyard.wire import json_text
from dockyard.wire.template import Template
from dockyard.wire.template.values import Nil

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

FORMAT = Flag("format", "f", STRING, "Print with a Go template, or json")

_ABSENT = {
    "State": ("Health",),
    "Config": ("Healthcheck",),
    "HostConfig": ("Init", "Runtime", "Mounts", "Sysctls", "StorageOpt", "Tmpfs"),
}
"""Keys that the API leaves out when they say nothing, and that templates may ask for all the same."""

_MAPS = frozenset(
    ("Volumes", "Labels", "ExposedPorts", "PortBindings", "StorageOpt", "Tmpfs", "Sysctls", "Annotations")
)
_LISTS = frozenset(
    (
        "Env", "Cmd", "Entrypoint", "OnBuild", "Shell", "Binds", "VolumesFrom", "CapAdd", "CapDrop", "Dns",
        "DnsOptions", "DnsSearch", "ExtraHosts", "GroupAdd", "Links", "SecurityOpt", "Devices",
        "DeviceCgroupRules", "DeviceRequests", "Ulimits", "MaskedPaths", "ReadonlyPaths", "BlkioWeightDevice",
        "ExecIDs", "RepoTags", "RepoDigests", "Mounts",
    )
)  # fmt: skip
"""What Go has as maps and lists: a null one prints as an empty one."""


def inspect(session: Session, names: Iterable[str], layout: str | None, fetch: Callable[[str], bytes]) -> int:
    """Prints what `fetch` returns (a JSON object as bytes) for each name; errors follow, and then the code is 1."""
    template = _template(layout)
    texts, errors = [], []
    for name in names:
        try:
            text = fetch(name).decode("utf-8", "replace").strip()
            texts.append(text if template is None else template.render(_completed(json_text.loads(text))))
        except InvalidParameter as error:
            if not str(error).startswith("template:"):
                errors.append(str(error))
                continue
            session.line("")
            raise Exit(1, f"template parsing error: {error}") from None
        except DockyardError as error:
            errors.append(str(error))
    session.write(_printed(texts, layout))
    if not errors:
        return 0
    session.error("\n".join(errors))
    return 1


def _template(layout: str | None) -> Template | None:
    if not layout or layout == "json":
        return None
    try:
        return Template(layout)
    except InvalidParameter as error:
        raise Exit(64, f"template parsing error: {error}") from None


def _printed(texts: list[str], layout: str | None) -> str:
    if layout == "json":
        return json_text.dumps([json_text.loads(text) for text in texts]) + "\n"
    if layout:
        return "".join(f"{text}\n" for text in texts) or "\n"
    return indented(f"[{','.join(texts)}]") + "\n"


def _completed(value: Any) -> Any:
    """`value` with the keys that templates may count on, and nulls told apart by what they stand for."""
    if not isinstance(value, dict):
        return value
    for inner in (value, value.get("Config"), value.get("HostConfig")):
        if isinstance(inner, dict):
            for key in _MAPS & inner.keys() | _LISTS & inner.keys():
                if inner[key] is None:
                    inner[key] = Nil("map[]" if key in _MAPS else "[]")
    for key, names in _ABSENT.items():
        _fill(value.get(key), names, "<nil>")
    for mount in value.get("Mounts") or () if not isinstance(value.get("Mounts"), Nil) else ():
        _fill(mount, ("Name", "Source", "Driver"), "")
    for pool in (value.get("IPAM") or {}).get("Config") or ():
        _fill(pool, ("Subnet", "IPRange", "Gateway"), "")
    return value


def _fill(value: Any, names: Iterable[str], text: str) -> None:
    """Puts what isn't there into the object `value`, printing as `text`."""
    if isinstance(value, dict):
        for name in names:
            value.setdefault(name, Nil(text, absent=True))
