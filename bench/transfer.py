"""Images from and to a registry: Debian's docker-registry on a loopback address; both engines and podman speak to it.

Each round has images of its own, so that nothing of an earlier one is there, and nothing has just been deleted: ext4
takes its time with inodes that were freed a moment ago. The contents are files of a minimal Debian.
"""

import io
import os
import statistics
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.peers import debian_image, docker_daemon, podman
from tests.peers.registry import RunningRegistry, registry
from tests.support.client import Docker
from tests.support.engine import dockyard_engine
from tests.support.packs import image_pack, layer, packed_layer, upload

from bench.cases import Measurement, seconds_of
from bench.engines import Contestant

LAYER_BYTES = 49_000_000
"""Of each layer above the lowest, which is the whole of Debian: together 310 MB."""
SMALL_LAYERS, SMALL_FILES = 20, 100


def transfers(rounds: int, alone: bool) -> dict[str, Measurement]:
    """Milliseconds of pulls and pushes, and the megabytes that Dockyard's daemon grows by at most meanwhile."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="dybench-", dir="/tmp")))
        source = stack.enter_context(registry(folder / "source"))
        target = stack.enter_context(registry(folder / "target"))
        engines = stack.enter_context(_contestants(alone))
        _fill(source, rounds + 1)
        before = _reset_peak(engines[-1])
        results = {
            "pull_five": _rounds(engines, rounds, lambda one, n: _pull(one, source, f"five{n}")),
            "pull_twenty": _rounds(engines, rounds, lambda one, n: _pull(one, source, f"twenty{n}")),
            "pull_again": _rounds(engines, max(5, rounds), lambda one, _: _pull(one, source, "five0")),
            "push_five": _rounds(engines, rounds, lambda one, n: _push(one, source, target, n)),
        }
        results["pull_memory"] = {"dockyard": (_peak_bytes(engines[-1]) - before) / 1e6}
        return results


@contextmanager
def _contestants(alone: bool) -> Iterator[list[Contestant]]:
    """The engines in this network namespace, where the registries are; without bridges, which pulls don't need."""
    with ExitStack() as stack:
        engines: list[Contestant] = []
        if not alone:
            daemon = stack.enter_context(
                docker_daemon(own_network=False, bridge="none", arguments=("--iptables=false", "--ip-forward=false"))
            )
            pids = (daemon.pid, daemon.containerd_pid)
            engines.append(Contestant("docker", Docker(daemon.docker), pids, daemon.guard.pid))
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="dyp", dir="/tmp")))
            engines.append(Contestant("podman", Docker(podman(folder, "overlay")), (), 0))
            # it leaves a mount of its storage on itself
            stack.callback(lambda: subprocess.run(["umount", folder / "storage" / "overlay"], capture_output=True))
        engine = stack.enter_context(dockyard_engine("none"))
        pids = (engine.pid, engine.supervisor_pid)
        engines.append(Contestant("dockyard", engine.docker, pids, engine.guard.pid))
        yield engines


def _rounds(engines: Sequence[Contestant], rounds: int, work: Callable[[Contestant, int], float]) -> Measurement:
    """Median milliseconds; who comes first changes from round to round, and the first round doesn't count."""
    times: dict[str, list[float]] = {one.name: [] for one in engines}
    for number in range(rounds + 1):
        for one in engines if number % 2 else reversed(engines):
            spent = work(one, number)
            if number:
                times[one.name].append(spent * 1000)
    return {name: statistics.median(values) for name, values in times.items()}


def _pull(one: Contestant, source: RunningRegistry, name: str) -> float:
    whole = f"{source.address}/{name}"
    return seconds_of(lambda: one.docker("pull", "-q", *_plain(one), whole, timeout_seconds=300))


def _push(one: Contestant, source: RunningRegistry, target: RunningRegistry, number: int) -> float:
    name = f"{target.address}/{one.name}{number}"
    one.docker("tag", f"{source.address}/five{number}", name)
    return seconds_of(lambda: one.docker("push", "-q", *_plain(one), name, timeout_seconds=300))


def _plain(one: Contestant) -> tuple[str, ...]:
    """What podman wants to be told before it speaks plain HTTP."""
    return ("--tls-verify=false",) if one.name == "podman" else ()


def _fill(source: RunningRegistry, images: int) -> None:
    """Put the images into the registry: for each round one of five large layers, and one of twenty small ones."""
    archives = list(_archives())
    for number in range(images):
        mark = _archive([(tarfile.TarInfo(".round"), str(number).encode())], end=False)
        large = [packed_layer(mark + one) for one in archives]
        upload(source.address, f"five{number}", image_pack(large, docker=True), "latest")
        small = [
            layer({f"{n}/{file}": os.urandom(32) + bytes(3000) for file in range(SMALL_FILES)})
            for n in range(SMALL_LAYERS)
        ]
        upload(source.address, f"twenty{number}", image_pack(small, docker=True), "latest")


def _archives() -> Iterator[bytes]:
    """The layers' archives, lowest first."""
    with tarfile.open(debian_image()) as image:
        name = next(one for one in image.getnames() if one.endswith("layer.tar"))
        file = image.extractfile(name)
        assert file is not None
        debian = file.read()
    yield debian
    with tarfile.open(fileobj=io.BytesIO(debian)) as tree:
        members = [one for one in tree.getmembers() if one.isfile()]
        position = 0
        for number in range(4):
            chosen, size = [], 0
            while size < LAYER_BYTES:
                member = members[position % len(members)]
                position += 1
                content = tree.extractfile(member)
                assert content is not None
                # a tree as Debian's, not a directory of its own for each file: making those would be most of the work
                copy = tarfile.TarInfo(f"copy{number}/{position // len(members)}/{member.name.lstrip('./')}")
                copy.mode, copy.mtime = member.mode, member.mtime
                chosen.append((copy, content.read()))
                size += member.size
            yield _archive(chosen)


def _archive(entries: Sequence[tuple[tarfile.TarInfo, bytes]], *, end: bool = True) -> bytes:
    buffer = io.BytesIO()
    archive = tarfile.open(fileobj=buffer, mode="w")  # noqa: SIM115  without its end it is the beginning of another
    for entry, content in entries:
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))
    if not end:
        return buffer.getvalue()
    archive.close()
    return buffer.getvalue()


def _reset_peak(one: Contestant) -> float:
    """Begin to watch the daemon's memory; how much it has now, in bytes."""
    pid = one.daemon_pids[0]
    Path(f"/proc/{pid}/clear_refs").write_text("5")
    return _status_bytes(pid, "VmRSS")


def _peak_bytes(one: Contestant) -> float:
    return _status_bytes(one.daemon_pids[0], "VmHWM")


def _status_bytes(pid: int, field: str) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return 1024.0 * int(next(line.split()[1] for line in lines if line.startswith(f"{field}:")))
