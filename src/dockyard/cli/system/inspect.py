"""`dockyard inspect`: all that is known of something, whatever it is: container, image, network, volume."""

from __future__ import annotations

from dockyard.cli.command import Command
from dockyard.cli.exit import Exit
from dockyard.cli.flags.kinds import BOOL, STRING
from dockyard.cli.flags.spec import Flag, Parsed
from dockyard.cli.output.inspect import FORMAT, inspect
from dockyard.cli.session import Session
from dockyard.client import containers, images, networks, volumes
from dockyard.errors import InvalidParameter, NotFound, NotImplementedYet

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_KINDS = '"config", "container", "image", "network", "node", "plugin", "secret", "service", "task", "volume"'
_NOT_YET = ("node", "service", "secret", "config", "plugin", "task")


def run(session: Session, options: Parsed) -> int:
    """Prints objects as JSON or by template; a name is tried as each kind in turn."""
    kind = options["type"]
    client = session.client
    fetchers: dict[str, Callable[[str], bytes]] = {
        "container": lambda name: containers.inspect_raw(client, name, size=options["size"]),
        "image": lambda name: images.inspect_raw(client, name),
        "network": lambda name: networks.inspect_raw(client, name),
        "volume": lambda name: volumes.inspect_raw(client, name),
    }
    if kind in _NOT_YET:
        raise NotImplementedYet(f"--type {kind} is not supported by Dockyard yet")
    if kind is not None and kind not in fetchers:
        raise Exit(1, f'unknown type: "{kind}": must be one of {_KINDS}')
    tried = [fetchers[kind]] if kind else list(fetchers.values())

    def fetch(name: str) -> bytes:
        for fetcher in tried:
            try:
                return fetcher(name)
            except NotFound:
                if kind:
                    raise
            except InvalidParameter as error:
                if kind or "invalid reference format" not in str(error):
                    raise
        raise NotFound(f"Error: No such object: {name}")

    return inspect(session, options.arguments, options["format"], fetch)


COMMAND = Command(
    "[OPTIONS] NAME|ID [NAME|ID...]",
    "Show all that is known of containers, images, volumes, networks",
    run,
    flags=(
        FORMAT,
        Flag("size", "s", BOOL, "Show sizes of containers"),
        Flag("type", "", STRING, "Look for this kind alone"),
    ),
    least=1,
)
