"""The contracts with whoever has what a build takes from its client and from the network.

A request of the classic API brings one context and nothing else; a session (BuildKit's) brings any number, and secrets.
"""

from contextlib import AbstractAsyncContextManager
from typing import Protocol

from dockyard.builder.graph import GitTree, HttpTree, LocalTree
from dockyard.builder.solve.executor import Tell
from dockyard.builder.solve.results import Tree


class Sources(Protocol):
    """Trees of files. Each is asked for once in a build and stays until the build is over."""

    async def local(self, tree: LocalTree) -> Tree:
        """What the client sent. InvalidParameter when it sent none."""

    async def http(self, tree: HttpTree, tell: Tell) -> Tree:
        """A directory with the one downloaded file. InvalidParameter, SystemFailure with the server's reason."""

    async def git(self, tree: GitTree, tell: Tell) -> Tree:
        """A repository's files."""


class Secrets(Protocol):
    """What must never be part of a result, of the cache, or of what is told."""

    async def secret(self, secret_id: str) -> bytes | None:
        """The secret's bytes, None when the client has none of this id."""

    def ssh(self, agent_id: str) -> AbstractAsyncContextManager[str | None]:
        """The path of a socket that leads to the client's agent while the block runs; None when it has none."""
