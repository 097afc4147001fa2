"""Asking the supervisor for the namespaces of a remapped container (`dockyard.supervisor.sandbox`), and letting go."""

import os

from dockyard.errors import SystemFailure
from dockyard.fs.mount import Ranges
from dockyard.linux.namespace_file import unpin
from dockyard.supervisor.channel import REPLY_SECONDS, Message
from dockyard.supervisor.client import SupervisorClient


async def make_sandbox(
    supervisor: SupervisorClient, *, user: str, network: str, join: str, uids: Ranges, gids: Ranges
) -> None:
    """Make a network namespace at the path `network`, owned by a new user namespace at `user` or by that at `join`.

    Raises:
        SystemFailure: the kernel refuses, or there is no supervisor.
    """
    channel = await supervisor.visit_channel(_ignore)
    try:
        arguments = {"user": user, "network": network, "join": join, "uids": uids, "gids": gids}
        await channel.request("sandbox", arguments, (), REPLY_SECONDS)
    finally:
        channel.close()


def release(path: str) -> None:
    """Let go of a user namespace that `make_sandbox` pinned; one that isn't there is fine. SystemFailure."""
    try:
        unpin(path)
    except OSError as error:
        raise SystemFailure(f"release the user namespace {path}: {error.strerror}") from error


def release_all(directory: str) -> None:
    """Let go of what an earlier daemon pinned in `directory` and was killed before it had done with it."""
    for name in os.listdir(directory):
        release(f"{directory}/{name}")


def _ignore(_event: Message) -> None:
    """Nothing happens while a sandbox is made."""
