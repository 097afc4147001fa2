"""The leak check: what an engine holds of the machine, before and after; afterwards it must hold nothing more."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.peers.guard import children_of
from tests.support.engine import Engine
from tests.support.wait import wait_until


class Holdings(NamedTuple):
    """Everything of the machine that an engine holds: each a set of names, so that a difference reads well."""

    processes: frozenset[str]
    mounts: frozenset[str]
    cgroups: frozenset[str]
    links: frozenset[str]
    files: frozenset[str]
    descriptors: frozenset[str]

    def beyond(self, earlier: "Holdings") -> dict[str, list[str]]:
        """What is held now and was not held `earlier`, by kind; empty when nothing."""
        added = {kind: sorted(getattr(self, kind) - getattr(earlier, kind)) for kind in self._fields}
        return {kind: names for kind, names in added.items() if names}


def holdings(engine: Engine) -> Holdings:
    """Look at `engine` from outside: /proc, mountinfo, cgroup file systems, links, its folders."""
    return Holdings(
        frozenset(_processes(engine)),
        frozenset(_mounts(engine)),
        frozenset(_cgroups(engine)),
        frozenset(_links(engine)),
        frozenset(_files(engine)),
        frozenset(_descriptors(engine.pid)),
    )


@contextmanager
def no_leaks(engine: Engine, settle_seconds: float = 10) -> Iterator[None]:
    """Nothing that the block made may be left `settle_seconds` after it (work that needs no answer may end later)."""
    before = holdings(engine)
    yield
    left: dict[str, list[str]] = {}

    def clean() -> bool:
        left.clear()
        left.update(holdings(engine).beyond(before))
        return not left

    try:
        wait_until(clean, "nothing to be left behind", settle_seconds, 0.1)
    except AssertionError:
        raise AssertionError(f"left behind: {left}") from None


def _processes(engine: Engine) -> Iterator[str]:
    for pid in children_of(engine.guard.pid):
        try:
            words = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        yield f"{pid} {words[:200].strip()}"


def _mounts(engine: Engine) -> Iterator[str]:
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        point = line.split(" ")[4]
        if point.startswith(f"{engine.home}/"):
            yield point


def _cgroups(engine: Engine) -> Iterator[str]:
    top = Path("/sys/fs/cgroup")
    for parent in (*top.glob(f"*/{engine.bridge}"), top / engine.bridge):
        if parent.is_dir():
            yield from (str(path) for path in parent.iterdir() if path.is_dir())


def _links(engine: Engine) -> Iterator[str]:
    bridge = Path(f"/sys/class/net/{engine.bridge}/brif")
    if bridge.is_dir():
        yield from os.listdir(bridge)


def _files(engine: Engine) -> Iterator[str]:
    watched = ("containers", "overlay2", "vfs/dir", "volumes", "tmp", "content/ingest")
    folders = [*(engine.data / name for name in watched), engine.run / "netns", engine.run / "shims"]
    for folder in folders:
        if folder.is_dir():
            yield from (str(path) for path in folder.iterdir())
    links = engine.data / "overlay2" / "l"
    if links.is_dir():
        yield from (str(path) for path in links.iterdir())


def _descriptors(pid: int) -> Iterator[str]:
    """The daemon's descriptors by kind and count, `socket #3`: the inodes in their names differ between looks."""
    counts: dict[str, int] = {}
    for name in os.listdir(f"/proc/{pid}/fd") if Path(f"/proc/{pid}").exists() else []:
        try:
            target = os.readlink(f"/proc/{pid}/fd/{name}").partition(":[")[0]
        except OSError:
            continue
        counts[target] = counts.get(target, 0) + 1
        yield f"{target} #{counts[target]}"


def namespaces_in_use() -> set[str]:
    """Network namespaces of the machine, by inode, as lsns(8) sees them."""
    listed = subprocess.run(["lsns", "-n", "-t", "net", "-o", "NS"], capture_output=True, text=True)
    return set(listed.stdout.split())
