"""`dockyard version`: the versions of client and daemon."""

from __future__ import annotations

import os
import sys

from dockyard import __version__
from dockyard.cli.command import Command
from dockyard.cli.flags.kinds import STRING
from dockyard.cli.flags.spec import Flag, Parsed
from dockyard.cli.output.whole import rendered
from dockyard.cli.session import Session
from dockyard.cli.system.architecture import go_architecture
from dockyard.client import system
from dockyard.errors import DockyardError
from dockyard.wire.template import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def run(session: Session, options: Parsed) -> int:
    """Prints them as text, JSON or by template; without a daemon the client's, then the failure."""
    failure = ""
    try:
        server = _with_dates(system.version(session.client))
    except DockyardError as error:
        server, failure = None, str(error)
    client = _client(session, server)
    layout = options["format"] or ""
    if layout == "json":
        session.line(rendered(session, layout, "version", {"Client": client, "Server": server}, ""))
    elif layout:
        data: dict[str, Any] = {"Client": Record("system.clientVersion", client, is_row=False), "Server": None}
        if server is not None:
            data["Server"] = Record("*types.Version", server, is_row=False)
        session.line(rendered(session, layout, "version", data, "system.versionInfo"))
    else:
        session.write(_client_text(client) + (_server_text(server) if server else ""))
    if failure:
        session.error(failure)
        return 1
    return 0


def _with_dates(server: Any) -> Any:
    """The answer with the engine's build time as Go's ANSIC layout has it, where it is in RFC 3339."""
    import time

    for component in server.get("Components") or ():
        details = component.get("Details") or {}
        built = details.get("BuildTime", "")
        try:
            moment = time.strptime(built[:19], "%Y-%m-%dT%H:%M:%S")
        except ValueError:
            continue
        details["BuildTime"] = time.strftime("%a %b %e %H:%M:%S %Y", moment)
    return server


def _client(session: Session, server: Any) -> dict[str, Any]:
    api = session.environment.get("DOCKER_API_VERSION") or (server or {}).get("ApiVersion", "")
    return {
        "Version": __version__,
        "ApiVersion": api,
        "DefaultAPIVersion": api,
        "GitCommit": "dockyard",
        "PythonVersion": sys.version.partition(" ")[0],
        "Os": "linux",
        "Arch": go_architecture(os.uname().machine),
        "Context": "default",
    }


def _client_text(client: dict[str, Any]) -> str:
    rows = (
        ("Version", client["Version"]),
        ("API version", client["ApiVersion"]),
        ("Python version", client["PythonVersion"]),
        ("OS/Arch", f"{client['Os']}/{client['Arch']}"),
        ("Context", client["Context"]),
    )
    return "Client:\n" + "".join(_row(1, title, value) for title, value in rows)


def _server_text(server: Any) -> str:
    platform = (server.get("Platform") or {}).get("Name", "")
    text = f"\nServer:{f' {platform}' if platform else ''}\n"
    for component in server.get("Components") or [_engine(server)]:
        details = component.get("Details") or {}
        rows = [("Version", component["Version"])]
        if component["Name"] == "Engine":
            api = f"{details.get('ApiVersion', '')} (minimum version {details.get('MinAPIVersion', '')})"
            rows += [("API version", api), ("Go version", details.get("GoVersion", ""))]
            rows += [("Git commit", details.get("GitCommit", "")), ("Built", details.get("BuildTime", ""))]
            rows += [("OS/Arch", f"{details.get('Os', '')}/{details.get('Arch', '')}")]
            rows += [("Experimental", details.get("Experimental", ""))]
        else:
            rows += sorted(details.items())
        text += f" {component['Name']}:\n" + "".join(_row(2, title, value) for title, value in rows)
    return text


def _row(depth: int, title: str, value: str) -> str:
    return f"{' ' * depth}{f'{title}:':<{20 - depth}}{value}".rstrip() + "\n"


def _engine(server: Any) -> dict[str, Any]:
    return {"Name": "Engine", "Version": server.get("Version", ""), "Details": server}


COMMAND = Command(
    "[OPTIONS]",
    "Show the versions of client and daemon",
    run,
    flags=(Flag("format", "f", STRING, "Print with a Go template, or json"),),
    most=0,
)
