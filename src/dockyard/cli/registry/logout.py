"""`dockyard logout`: forget who the user is at a registry."""

from __future__ import annotations

from dockyard.cli.command import Command
from dockyard.cli.flags.spec import Parsed
from dockyard.cli.session import Session
from dockyard.client.credentials import config_file, helper
from dockyard.client.credentials.stored import name_in
from dockyard.errors import SystemFailure


def run(session: Session, options: Parsed) -> int:
    """Forgets the credentials, by each name that clients have given the registry."""
    key = config_file.key_of(options.arguments[0] if options.arguments else "")
    session.line(f"Removing login credentials for {key}")
    environment = session.environment
    config = config_file.read_to_change(environment)
    chosen = helper.helper_of(key, config)
    if chosen:
        try:
            helper.erase(chosen, key, environment)
        except SystemFailure as error:
            session.error(f"WARNING: could not erase credentials:\n{key}: {error}")
    auths = dict(config_file.objects(config.get("auths")))
    changed = False
    while name := name_in(auths, key):
        del auths[name]
        changed = True
    if changed:
        config_file.write(environment, {**config, "auths": auths})
    return 0


COMMAND = Command("[SERVER]", "Log out from a registry", run, most=1)
