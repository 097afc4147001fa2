"""Repositories, by the `git` program: shallow where the server allows it, no hooks, no prompts, no configuration of the
machine's user."""

import asyncio
import os
import re
import shutil
import signal
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from dockyard.builder.graph import GitTree
from dockyard.errors import DeadlineExceeded, InvalidParameter, SystemFailure
from dockyard.fs.paths import components
from dockyard.fs.rooted import remove_tree
from dockyard.store.distribution.registry.proxies import Proxies
from dockyard.store.graphdriver.view import View

_SECONDS = 1800
_SECONDS_TO_DIE = 5
_PROTOCOLS = "https:http:git:ssh"
_HEX = re.compile(r"[0-9a-fA-F]+")
_LOOPBACK = "localhost,127.0.0.1,::1"

Said = Callable[[bytes], None]


@dataclass(frozen=True, slots=True)
class Access:
    """What opens a repository that isn't everybody's. `agent_socket`: of an SSH agent.

    `header`: the value of Authorization for what begins with the URL `header_for`, and nothing else.
    """

    agent_socket: str = ""
    header_for: str = ""
    header: str = field(default="", repr=False)


async def clone(
    tree: GitTree,
    directory: str,
    said: Said,
    *,
    proxies: Proxies,
    access: Access | None = None,
    protocols: str = _PROTOCOLS,
    seconds: float = _SECONDS,
) -> str:
    """The repository's files in the empty `directory`; the path of the folder that was asked for.

    `seconds`: how long each call of git may take. Raises InvalidParameter for what the server or git doesn't know,
    DeadlineExceeded, SystemFailure without git.
    """
    for text in (tree.remote, tree.reference):
        if text.startswith("-"):
            raise InvalidParameter(f"invalid repository or reference: {text}")
    if tree.checksum and not _HEX.fullmatch(tree.checksum):
        raise InvalidParameter(f"invalid checksum {tree.checksum} for Git URL, expected hex commit hash")
    environment = {**_environment(directory, proxies), **_opened(access or Access()), "GIT_ALLOW_PROTOCOL": protocols}
    run = _Git(directory, said, environment, seconds)
    await run("init", "-q")
    await run("remote", "add", "origin", tree.remote)
    await run("checkout", "-q", "--detach", await _fetch(run, tree.reference or "HEAD"))
    head = (await run("rev-parse", "HEAD")).decode("ascii", "replace").strip()
    if tree.checksum and not head.startswith(tree.checksum.lower()):
        raise InvalidParameter(f"expected checksum to match {tree.checksum}, got {head}")
    if tree.submodules and os.path.exists(f"{directory}/.gitmodules"):
        await run("submodule", "update", "-q", "--init", "--recursive", "--depth=1")
    if not tree.keep_git_dir:
        await asyncio.to_thread(remove_tree, f"{directory}/.git")
    return _folder(directory, tree.subdirectory)


async def _fetch(run: "_Git", reference: str) -> str:
    """Gets `reference`; what it is called here."""
    try:
        await run("fetch", "-q", "--depth", "1", "origin", "--", reference)
    except InvalidParameter:
        try:
            await run("fetch", "-q", "origin", "--", reference)  # a server that gives nothing shallow
        except InvalidParameter:
            await run("fetch", "-q", "--tags", "origin")  # one that gives no single commits
            return reference
    return "FETCH_HEAD"


def _environment(directory: str, proxies: Proxies) -> dict[str, str]:
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": directory,
        "LC_ALL": "C",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_SSH_COMMAND": "ssh -F none -o BatchMode=yes",
    }
    if proxies.http or proxies.https:
        exempt = ",".join(filter(None, (_LOOPBACK, proxies.no_proxy)))
        environment |= {"http_proxy": proxies.http, "https_proxy": proxies.https, "no_proxy": exempt}
    return environment


def _opened(access: Access) -> dict[str, str]:
    """Variables, since arguments are seen by everybody on the machine. A host that nobody has told of is believed the
    first time, as BuildKit does; one that stands in the machine's ssh_known_hosts must be that one.
    """
    found: dict[str, str] = {}
    if access.agent_socket:
        options = "-F none -o BatchMode=yes -o StrictHostKeyChecking=accept-new -o UserKnownHostsFile=/dev/null"
        found |= {"SSH_AUTH_SOCK": access.agent_socket, "GIT_SSH_COMMAND": f"ssh {options}"}
    if access.header:
        key = f"http.{access.header_for}.extraHeader"
        value = f"Authorization: {access.header}"
        found |= {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": key, "GIT_CONFIG_VALUE_0": value}
    return found


def _folder(directory: str, subdirectory: str) -> str:
    if not subdirectory:
        return directory
    steps = View([directory]).resolve(components(os.fsencode(subdirectory)))
    if steps is None:
        raise InvalidParameter(f"Error setting git context, {subdirectory!r} not within git root")
    return "/".join([directory, *(os.fsdecode(step) for step in steps)])


class _Git:
    def __init__(self, directory: str, said: Said, environment: dict[str, str], seconds: float) -> None:
        self._directory = directory
        self._said = said
        self._environment = environment
        self._seconds = seconds

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
            start_new_session=True,
        )
        try:
            async with asyncio.timeout(self._seconds):
                out, err = await process.communicate()
        except BaseException as error:
            with suppress(ProcessLookupError):  # its helpers, too: they hold the connection, and write into the tree
                os.killpg(process.pid, signal.SIGKILL)
            with suppress(TimeoutError):  # asyncio waits for the pipes, too, which somebody may have taken elsewhere
                await asyncio.wait_for(process.wait(), _SECONDS_TO_DIE)
            if isinstance(error, TimeoutError):
                text = f"error fetching repository: git has not finished within {self._seconds:g} seconds"
                raise DeadlineExceeded(text) from error
            raise
        if err:
            self._said(err)
        if process.returncode != 0:
            reason = err.decode("utf-8", "replace").strip()
            raise InvalidParameter(f"error fetching repository: {reason}")
        return out
