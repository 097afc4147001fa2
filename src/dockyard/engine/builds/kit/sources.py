"""Where a build's trees come from: directories of the client, repositories, downloads. See Sources."""

import asyncio
import tempfile
from collections.abc import Mapping

from dockyard.builder.context.archive import read_file
from dockyard.builder.context.download import download
from dockyard.builder.context.git_url import parse_context_url
from dockyard.builder.dockerfile.ignore import NAME, read_patterns
from dockyard.builder.frontend.contexts import NamedContext
from dockyard.builder.graph import GitTree, HttpTree, LocalTree
from dockyard.builder.session.files import Wanted
from dockyard.builder.solve.executor import Tell
from dockyard.builder.solve.results import Tree, directory_tree
from dockyard.engine.builds.kit.remote import Remote
from dockyard.engine.builds.kit.transfers import Transfers
from dockyard.errors import DockyardError, InvalidParameter

MAIN = "context"


class KitSources:
    """See Sources.

    `main`: the main context when it isn't the client's; else `main_name` is what the client calls it. `digests`: the
    vertexes of contexts. `follow` and `excludes`: what is read of the main one, known when `ready` is set.
    """

    def __init__(
        self,
        transfers: Transfers,
        remote: Remote,
        contexts: Mapping[str, NamedContext],
        main: Tree | None,
        main_name: str,
    ) -> None:
        self._transfers = transfers
        self._remote = remote
        self._contexts = contexts
        self._main = main
        self._main_name = main_name
        self._asked: dict[str, asyncio.Future[Tree]] = {}
        self.follow: Mapping[str, tuple[str, ...]] = {}
        self.excludes: tuple[str, ...] = ()
        self.digests: dict[str, str] = {}

    async def local(self, tree: LocalTree) -> Tree:
        """See Sources."""
        asked = self._asked.get(tree.name)
        if asked is None:
            asked = self._asked[tree.name] = asyncio.ensure_future(self._local(tree.name))
        return await asyncio.shield(asked)

    async def close(self) -> None:
        """End what is under way."""
        for asked in self._asked.values():
            asked.cancel()
        await asyncio.gather(*self._asked.values(), return_exceptions=True)

    async def http(self, tree: HttpTree, tell: Tell) -> Tree:
        """See Sources."""
        del tell
        directory = tempfile.mkdtemp(prefix="download-", dir=self._transfers.scratch)
        name = tree.filename if tree.filename not in (".", "..") else "download"
        await download(tree.url, f"{directory}/{name}", proxies=self._remote.proxies, checksum=tree.checksum)
        return directory_tree(directory)

    async def git(self, tree: GitTree, tell: Tell) -> Tree:
        """See Sources."""
        return await self._remote.cloned(tree, tell)

    async def _local(self, name: str) -> Tree:
        digest = self.digests.get(name, "")
        follow = self.follow.get(name, ())
        if name == MAIN and name not in self._contexts:
            if self._main is not None:
                return self._main
            wanted = Wanted(self._main_name, follow=follow, excludes=self.excludes)
            return directory_tree(await self._transfers.whole(wanted, digest, "context", "main"))
        context = self._contexts.get(name)
        if context is None:
            raise InvalidParameter(f"no context {name} was given")
        if context.kind == "git":
            repository = parse_context_url(context.value)
            if repository is None:
                raise InvalidParameter(f"invalid git context {context.value}")
            return await self._remote.repository(repository, lambda *_: None)
        if context.kind == "http":
            return (await self._remote.archive_or_file(context.value))[0]
        if context.kind != "local":
            raise InvalidParameter(f"context {name} is no directory")
        wanted = Wanted(context.value, follow=follow, excludes=await self._ignored(context))
        return directory_tree(await self._transfers.whole(wanted, digest, name, f"context:{name}"))

    async def _ignored(self, context: NamedContext) -> tuple[str, ...]:
        """A named context has a `.dockerignore` of its own."""
        wanted = Wanted(context.value, follow=(NAME,))
        try:
            title = f"[context {context.name}] load {NAME}"
            directory = await self._transfers.small(wanted, title, context.name)
        except DockyardError as error:
            raise type(error)(f"[context {context.name}]: {error}") from error
        data = read_file(directory_tree(directory).files, NAME) or b""
        return tuple(read_patterns(data.decode("utf-8", "surrogateescape")))
