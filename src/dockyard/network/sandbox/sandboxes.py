"""The sandboxes of an engine: make, open, remove; drop those that nobody knows.

A sandbox is a network namespace bound to the file `netns/<sandbox id>`; its loopback is up, IPv6 is off for links that
come later, as Docker has it for networks without IPv6. Where a new one comes from: a thread that unshares, opens a
netlink socket and goes home; the socket configures the namespace from outside ever after (`Sandbox`).
"""

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final, TypeVar

from dockyard.errors import InvalidParameter, NotFound, SystemFailure
from dockyard.linux import namespace_file, network_namespace
from dockyard.linux.netlink import link
from dockyard.linux.netlink.socket import NetlinkSocket
from dockyard.linux.network_namespace import NamespaceThread

_LOOPBACK_INDEX: Final = 1
T = TypeVar("T")
_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}")


class Sandbox:
    """A namespace opened for configuration: its descriptor and a netlink socket inside. Close it soon.

    While it is open the namespace can't go.
    """

    def __init__(self, namespace: int, route: NetlinkSocket, thread: NamespaceThread) -> None:
        """Takes the descriptor and the socket over; `thread` is where namespaces are entered."""
        self.namespace = namespace
        self.route = route
        self._thread = thread

    def run(self, errand: Callable[[], T]) -> T:
        """The result of `errand`, called inside the namespace.

        Raises:
            OSError: the namespace can't be entered.
            Exception: whatever the errand raises.
        """
        return self._thread.run(self.namespace, errand)

    def close(self) -> None:
        """Give both descriptors back."""
        self.route.close()
        os.close(self.namespace)


class Sandboxes:
    """The sandboxes below one directory. Not for several threads at a time: its owner has a lock."""

    def __init__(self, directory: str, thread: NamespaceThread) -> None:
        """`directory` is made if missing; `thread` is where namespaces are entered."""
        self._directory = directory
        self._thread = thread
        self._fresh: dict[str, Sandbox] = {}
        try:
            os.makedirs(directory, 0o755, exist_ok=True)
        except OSError as error:
            raise SystemFailure(f"mkdir {directory}: {error.strerror}") from error

    def create(self, sandbox_id: str) -> str:
        """Make a sandbox, of the namespace that is pinned there already if there is one; the path for setns(2).

        Raises:
            InvalidParameter: the id isn't a plain name.
            SystemFailure: the kernel refuses.
        """
        path = self.path(sandbox_id)
        try:
            sandbox = self._adopt(path) or self._make(path)
        except OSError as error:
            namespace_file.unpin(path)
            raise SystemFailure(f"create network sandbox {sandbox_id}: {error}") from error
        self._fresh[sandbox_id] = sandbox
        return path

    def _adopt(self, path: str) -> Sandbox | None:
        """The namespace that is pinned to `path` already, by somebody who could choose its owner; None without one."""
        try:
            namespace = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        try:
            return Sandbox(*self._thread.run(namespace, _prepare), self._thread)
        finally:
            os.close(namespace)

    def _make(self, path: str) -> Sandbox:
        sandbox = Sandbox(*self._thread.run(None, _prepare), self._thread)
        try:
            namespace_file.pin(sandbox.namespace, path)
        except BaseException:
            sandbox.close()
            raise
        return sandbox

    def open(self, sandbox_id: str) -> Sandbox:
        """Open a sandbox for configuration; the caller closes it.

        Raises:
            NotFound: there is none of that id.
            SystemFailure: the kernel refuses.
        """
        fresh = self._fresh.pop(sandbox_id, None)
        if fresh is not None:
            return fresh
        path = self.path(sandbox_id)
        try:
            namespace = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError as error:
            raise NotFound(f"network sandbox {sandbox_id} not found") from error
        except OSError as error:
            raise SystemFailure(f"open {path}: {error.strerror}") from error
        try:
            return Sandbox(namespace, self._thread.run(namespace, NetlinkSocket), self._thread)
        except OSError as error:
            os.close(namespace)
            raise SystemFailure(f"enter network sandbox {sandbox_id}: {error}") from error

    @contextmanager
    def opened(self, sandbox_id: str) -> Iterator[Sandbox]:
        """Open a sandbox for as long as the context lasts; see `open`."""
        sandbox = self.open(sandbox_id)
        try:
            yield sandbox
        finally:
            sandbox.close()

    def settle(self, sandbox_id: str) -> None:
        """Close what `create` left open for an `open` that won't come."""
        fresh = self._fresh.pop(sandbox_id, None)
        if fresh is not None:
            fresh.close()

    def remove(self, sandbox_id: str) -> None:
        """Let go of a sandbox; one that isn't there is fine. The kernel takes its links down in its own time.

        Raises:
            SystemFailure: the kernel refuses.
        """
        self.settle(sandbox_id)
        try:
            namespace_file.unpin(self.path(sandbox_id))
        except OSError as error:
            raise SystemFailure(f"remove network sandbox {sandbox_id}: {error}") from error

    def keep_only(self, known: set[str]) -> None:
        """Remove every sandbox whose id isn't among `known`: what a killed engine left half-made or half-removed."""
        for entry in os.listdir(self._directory):
            if entry not in known and _ID.fullmatch(entry):
                self.remove(entry)

    def close(self) -> None:
        """Close what is open; the sandboxes stay."""
        while self._fresh:
            self._fresh.popitem()[1].close()

    def path(self, sandbox_id: str) -> str:
        """Where a sandbox is pinned.

        Raises:
            InvalidParameter: the id isn't a plain name.
        """
        if not _ID.fullmatch(sandbox_id):
            raise InvalidParameter(f"invalid network sandbox id: {sandbox_id!r}")
        return os.path.join(self._directory, sandbox_id)


def _prepare() -> tuple[int, NetlinkSocket]:
    """Runs inside the new namespace."""
    namespace = network_namespace.open_current()
    try:
        with suppress(FileNotFoundError):  # a kernel without IPv6
            network_namespace.write_sysctl("ipv6/conf/default/disable_ipv6", "1")
        route = NetlinkSocket()
        try:
            route.transact(link.set_up(_LOOPBACK_INDEX))
        except BaseException:
            route.close()
            raise
        return namespace, route
    except BaseException:
        os.close(namespace)
        raise
