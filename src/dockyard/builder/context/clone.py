"""Repositories, by the `git` program: shallow where the server allows it, no hooks, no prompts, no configuration of the
machine's user."""

import asyncio
import os
import shutil
from collections.abc import Callable

from dockyard.builder.graph import GitTree
from dockyard.errors import InvalidParameter, SystemFailure
from dockyard.fs.paths import components
from dockyard.fs.rooted import remove_tree
from dockyard.store.graphdriver.view import View

_SECONDS = 1800
_PROTOCOLS = "https:http:git:ssh"

Said = Callable[[bytes], None]


async def clone(tree: GitTree, directory: str, said: Said, *, protocols: str = _PROTOCOLS) -> str:
    """The repository's files in the empty `directory`; the path of the folder that was asked for.

    Raises InvalidParameter for what the server or git doesn't know, SystemFailure without git.
    """
    for text in (tree.remote, tree.reference):
        if text.startswith("-"):
            raise InvalidParameter(f"invalid repository or reference: {text}")
    run = _Git(directory, said, protocols)
    await run("init", "-q")
    await run("remote", "add", "origin", tree.remote)
    reference = tree.reference or "HEAD"
    try:
        await run("fetch", "-q", "--depth", "1", "origin", "--", reference)
        await run("checkout", "-q", "FETCH_HEAD")
    except InvalidParameter:  # a server that gives no single commits
        await run("fetch", "-q", "--tags", "origin")
        await run("checkout", "-q", reference)
    head = (await run("rev-parse", "HEAD")).decode("ascii", "replace").strip()
    if tree.checksum and not head.startswith(tree.checksum):
        raise InvalidParameter(f"expected checksum to match {tree.checksum}, got {head}")
    if tree.submodules and os.path.exists(f"{directory}/.gitmodules"):
        await run("submodule", "update", "-q", "--init", "--recursive", "--depth=1")
    if not tree.keep_git_dir:
        await asyncio.to_thread(remove_tree, f"{directory}/.git")
    return _folder(directory, tree.subdirectory)


def _folder(directory: str, subdirectory: str) -> str:
    if not subdirectory:
        return directory
    steps = View([directory]).resolve(components(os.fsencode(subdirectory)))
    if steps is None:
        raise InvalidParameter(f"Error setting git context, {subdirectory!r} not within git root")
    return "/".join([directory, *(os.fsdecode(step) for step in steps)])


class _Git:
    def __init__(self, directory: str, said: Said, protocols: str) -> None:
        self._directory = directory
        self._said = said
        self._environment = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": directory,
            "LC_ALL": "C",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_ALLOW_PROTOCOL": protocols,
            "GIT_SSH_COMMAND": "ssh -F none -o BatchMode=yes",
        }

    async def __call__(self, *arguments: str) -> bytes:
        program = shutil.which("git")
        if program is None:
            raise SystemFailure("git is needed for repositories, and isn't installed")
        process = await asyncio.create_subprocess_exec(
            program,
            "-c",
            "core.hooksPath=/dev/null",
            "-c",
            "protocol.ext.allow=never",
            *arguments,
            cwd=self._directory,
            env=self._environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            async with asyncio.timeout(_SECONDS):
                out, err = await process.communicate()
        except BaseException:
            if process.returncode is None:
                process.kill()
                await process.wait()
            raise
        if err:
            self._said(err)
        if process.returncode != 0:
            reason = err.decode("utf-8", "replace").strip()
            raise InvalidParameter(f"error fetching repository: {reason}")
        return out
