"""The sources of one build of the classic API: one context, downloads, repositories; no secrets."""

import contextlib
import os
import tempfile
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager

from dockyard.builder.context.clone import clone
from dockyard.builder.context.download import download
from dockyard.builder.graph import GitTree, HttpTree, LocalTree
from dockyard.builder.solve.executor import Tell
from dockyard.builder.solve.results import Tree, directory_tree
from dockyard.errors import InvalidParameter
from dockyard.store.distribution.registry.proxies import Proxies


class RequestSources:
    """See Sources. `context` is what the client sent, None when that is only a Dockerfile."""

    def __init__(self, context: Tree | None, scratch: str, proxies: Proxies) -> None:
        self._context = context
        self._proxies = proxies
        self._scratch = scratch

    async def local(self, tree: LocalTree) -> Tree:
        """See Sources."""
        if tree.name != "context" or self._context is None:
            raise InvalidParameter("missing build context")
        return self._context

    async def http(self, tree: HttpTree, tell: Tell) -> Tree:
        """See Sources."""
        directory = tempfile.mkdtemp(prefix="download-", dir=self._scratch)
        name = tree.filename if tree.filename not in (".", "..") else "download"
        await download(tree.url, f"{directory}/{name}", proxies=self._proxies, checksum=tree.checksum)
        tell(1, b"\n")
        return directory_tree(directory)

    async def git(self, tree: GitTree, tell: Tell) -> Tree:
        """See Sources."""
        directory = tempfile.mkdtemp(prefix="git-", dir=self._scratch)
        os.chmod(directory, 0o755)
        return directory_tree(await clone(tree, directory, lambda said: tell(2, said), proxies=self._proxies))


class NoSecrets:
    """See Secrets: a request of the classic API has none."""

    async def secret(self, secret_id: str) -> bytes | None:
        """See Secrets."""
        del secret_id
        return None

    def ssh(self, agent_id: str) -> AbstractAsyncContextManager[str | None]:
        """See Secrets."""
        del agent_id
        return self._nothing()

    @contextlib.asynccontextmanager
    async def _nothing(self) -> AsyncIterator[str | None]:
        yield None
