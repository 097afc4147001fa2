"""Namespaces: new ones, the runtime's own, and those that a path names.

https://github.com/opencontainers/runtime-spec/blob/v1.2.0/config-linux.md#namespaces
"""

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.conformance.kit.bundle import Bundle
from tests.conformance.kit.container import Container
from tests.conformance.kit.runtime import Refused

pytestmark = pytest.mark.row("N3")

KINDS = {"pid": "pid", "network": "net", "ipc": "ipc", "uts": "uts", "mount": "mnt", "cgroup": "cgroup"}
"""The spec's name, and the file in /proc/<pid>/ns."""


@pytest.fixture
def stranger() -> Iterator[int]:
    """A process with new namespaces of all kinds but user and mount."""
    process = subprocess.Popen(
        ["unshare", "--net", "--ipc", "--uts", "--cgroup", "--pid", "--fork", "--kill-child", "sleep", "100"]
    )
    children = f"/proc/{process.pid}/task/{process.pid}/children"
    while (
        not (found := Path(children).read_text().split()) or "sleep" not in Path(f"/proc/{found[0]}/comm").read_text()
    ):
        pass
    yield int(found[0])
    process.send_signal(signal.SIGKILL)
    process.wait()


def inode(pid: int | str, kind: str) -> str:
    return os.readlink(f"/proc/{pid}/ns/{KINDS[kind]}")


def running(container: Container, bundle: Bundle) -> int:
    """Start the container with a process that stays."""
    bundle.process["args"] = ["sleep", "60"]
    container.create()
    container.start()
    return container.pid


@pytest.mark.parametrize("kind", KINDS)
def test_a_new_namespace(container: Container, bundle: Bundle, kind: str):
    bundle.namespace(kind)
    assert inode(running(container, bundle), kind) != inode("self", kind)


@pytest.mark.parametrize("kind", ["pid", "network", "ipc", "cgroup"])
def test_a_kind_that_is_not_named_is_inherited(container: Container, bundle: Bundle, kind: str):
    bundle.without_namespace(kind)
    if kind == "network":
        # sysfs shows the network namespace that it was mounted in, and that must be the container's own.
        bundle.config["mounts"] = [mount for mount in bundle.config["mounts"] if mount["destination"] != "/sys"]
    assert inode(running(container, bundle), kind) == inode("self", kind)


def test_the_hostname_of_an_inherited_uts_namespace(container: Container, bundle: Bundle):
    bundle.without_namespace("uts")
    del bundle.config["hostname"]
    assert inode(running(container, bundle), "uts") == inode("self", "uts")


@pytest.mark.parametrize("kind", ["pid", "network", "ipc", "uts", "cgroup"])
def test_a_namespace_by_path(container: Container, bundle: Bundle, stranger: int, kind: str):
    bundle.namespace(kind, f"/proc/{stranger}/ns/{KINDS[kind]}")
    assert inode(running(container, bundle), kind) == inode(stranger, kind)


def test_a_path_to_nothing_is_an_error(container: Container, bundle: Bundle):
    bundle.namespace("ipc", "/no/such/namespace")
    with pytest.raises(Refused):
        container.create()


def test_a_path_to_another_kind_is_an_error(container: Container, bundle: Bundle):
    bundle.namespace("ipc", "/proc/self/ns/net")
    with pytest.raises(Refused):
        container.create()


def test_a_kind_named_twice_is_an_error(container: Container, bundle: Bundle):
    bundle.linux["namespaces"] += [{"type": "ipc"}, {"type": "ipc"}]
    with pytest.raises(Refused, match="duplicated ns"):
        container.create()


def test_a_kind_that_is_none_is_an_error(container: Container, bundle: Bundle):
    bundle.linux["namespaces"].append({"type": "galaxy"})
    with pytest.raises(Refused, match="galaxy"):
        container.create()


@pytest.mark.parametrize(
    ("setting", "kind"),
    [("hostname", "uts"), ("net.core.somaxconn", "network"), ("kernel.msgmax", "ipc")],
)
def test_a_setting_of_a_namespace_that_is_not_new_is_an_error(
    container: Container, bundle: Bundle, setting: str, kind: str
):
    bundle.without_namespace(kind)
    if kind != "uts":
        del bundle.config["hostname"]
        bundle.linux["sysctl"] = {setting: "1000"}
    with pytest.raises(Refused):
        container.create()
