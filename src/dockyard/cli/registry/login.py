"""`dockyard login`: prove to a registry who the user is, through the daemon, and keep what proves it.

options, stdin, the terminal, or what is known already ──▶ POST /auth ──▶ helper, or config.json
"""

from __future__ import annotations

import base64

from dockyard.cli.command import Command
from dockyard.cli.exit import Exit
from dockyard.cli.flags.kinds import BOOL, STRING
from dockyard.cli.flags.spec import Flag, Parsed
from dockyard.cli.registry.ask import ask_password, ask_username, password_from_stdin
from dockyard.cli.session import STDIN, Session
from dockyard.client import system
from dockyard.client.credentials import config_file, helper
from dockyard.client.credentials.stored import entry_of
from dockyard.errors import DockyardError, InvalidParameter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

INSECURE = "WARNING! Using --password via the CLI is insecure. Use --password-stdin."
KNOWN_TRY = "Login did not succeed, error: "


def run(session: Session, options: Parsed) -> int:
    """Logs in."""
    key = config_file.key_of(options.arguments[0] if options.arguments else "")
    username, password = _given(session, options)
    if not username and not password and _with_what_is_known(session, key):
        return 0
    if not (username and password) and not session.is_terminal(STDIN):
        raise Exit(1, "Error: Cannot perform an interactive login from a non TTY device")
    if not username:
        known = entry_of(key, config_file.read(session.environment), session.environment).get("username", "")
        username = ask_username(session, known)
    password = password or ask_password(session)
    entry = {"username": username, "password": password, "serveraddress": key}
    answer = system.auth(session.client, entry)
    _keep(session, key, username, password, str(answer.get("IdentityToken") or ""))
    session.line(str(answer.get("Status") or "Login Succeeded"))
    return 0


def _given(session: Session, options: Parsed) -> tuple[str, str]:
    """Name and password as far as the command line and stdin say them."""
    username, password = options["username"] or "", options["password"] or ""
    if "username" in options.changed and not username:
        raise InvalidParameter("username is empty")
    if "password" in options.changed:
        if not password:
            raise InvalidParameter("password is empty")
        session.error(INSECURE)
        if options["password-stdin"]:
            raise InvalidParameter("conflicting options: cannot specify both --password and --password-stdin")
    if options["password-stdin"]:
        if not username:
            raise InvalidParameter("the --password-stdin option requires --username to be set")
        password = password_from_stdin()
        if not password:
            raise InvalidParameter("password is empty")
    return username, password


def _with_what_is_known(session: Session, key: str) -> bool:
    """Whether what an earlier login has left still does."""
    entry = entry_of(key, config_file.read(session.environment), session.environment)
    if not entry:
        return False
    shown = f" [Username: {entry['username']}]" if entry.get("username") else ""
    session.line(f"Authenticating with existing credentials...{shown}")
    try:
        answer = system.auth(session.client, entry)
    except DockyardError as error:
        session.error(f"{KNOWN_TRY}{error}")
        return False
    session.line(str(answer.get("Status") or "Login Succeeded"))
    return True


def _keep(session: Session, key: str, username: str, password: str, refresh_token: str) -> None:
    """Keeps what proves it: the registry's refresh token where it gave one, else the password."""
    environment = session.environment
    config = config_file.read_to_change(environment)
    auths = config_file.objects(config.get("auths"))
    if not auths and not config.get("credsStore") and not config.get("credHelpers"):
        found = helper.detected(environment)
        if found:
            config["credsStore"] = found
    chosen = helper.helper_of(key, config)
    entry: dict[str, Any] = {}
    if chosen:
        user, secret = (helper.TOKEN_USER, refresh_token) if refresh_token else (username, password)
        helper.store(chosen, key, user, secret, environment)
    else:
        secret = "" if refresh_token else password
        entry["auth"] = base64.b64encode(f"{username}:{secret}".encode()).decode()
        if refresh_token:
            entry["identitytoken"] = refresh_token
    config_file.write(environment, {**config, "auths": {**auths, key: entry}})
    if not chosen and password:
        session.error(
            f"\nWARNING! Your credentials are stored unencrypted in '{config_file.path(environment)}'.\n"
            "Configure a credential helper to remove this warning. See\n"
            "https://docs.docker.com/go/credential-store/\n"
        )


COMMAND = Command(
    "[OPTIONS] [SERVER]",
    "Log in to a registry",
    run,
    flags=(
        Flag("password", "p", STRING, "Password or access token"),
        Flag("password-stdin", "", BOOL, "Read the password or access token from stdin"),
        Flag("username", "u", STRING, "Name of the user"),
    ),
    most=1,
)
