"""Files of the `local` driver are the same here and in Docker: each reads the other's."""

from pathlib import Path

import pytest
from tests.peers import docker_daemon
from tests.peers.images import busybox_image
from tests.support.client import Docker
from tests.support.wait import wait_until

from dockyard.fs.compressed_file import compress_rotated
from dockyard.logdrivers.local_entries import Entry, read_entries
from dockyard.shim.container_log import ContainerLog
from dockyard.shim.local_log import LocalFormat
from dockyard.shim.log_rotation import RotatingFile

pytestmark = [pytest.mark.dockyard_only("starts a dockerd of its own"), pytest.mark.peer("dockerd")]

SAID = b"one\n\n" + b"x" * 40_000 + b"\nthree\nunfinished"
SCRIPT = "echo one; echo; head -c 40000 /dev/zero | tr '\\0' x; echo; echo three; printf unfinished"


def _raise(error: BaseException) -> None:
    raise error


def entries(path: Path) -> list[Entry]:
    with path.open("rb") as file:
        return list(read_entries(file))


@pytest.mark.row("H2")
def test_each_reads_the_other_s_files(tmp_path: Path) -> None:
    with docker_daemon() as daemon:
        docker = Docker(daemon.docker)
        docker("load", "-i", str(busybox_image()))
        options = ("--network", "none", "--log-driver", "local", "--log-opt", "max-size=30k")
        container = docker("run", "-d", *options, "busybox", "sh", "-c", SCRIPT)
        docker("wait", container)
        folder = next(Path(daemon.directory).glob(f"**/containers/{container}/local-logs"))
        theirs = folder / "container.log"
        compressed = theirs.with_name("container.log.1.gz")
        wait_until(compressed.exists, "Docker to compress its first file")
        rotated = tmp_path / "theirs"
        rotated.write_bytes(_inflated(compressed))
        # Docker 20.10 forgets the newline after a line in pieces; it does so for its own files, too.
        shown = docker("logs", container)
        assert shown.replace("\n", "").encode() == SAID.replace(b"\n", b"")
        found = entries(rotated) + entries(theirs)
        assert b"".join(_with_newline(entry) for entry in found) == SAID

        # The same lines at the same times in the same pieces give the same bytes, but for the random ids of the pieces.
        name = str(tmp_path / "ours")
        form = LocalFormat(None)
        times = iter([entry.time_ns for entry in found])
        log = ContainerLog(RotatingFile(name, 30_000, 5, _raise, form), form, lambda: next(times))
        for piece in (b"one\n", b"\n", b"x" * 16384, b"x" * 16384, b"x" * 7232 + b"\n", b"three\n", b"unfinished"):
            log.write("stdout", piece)
        log.close()
        assert _without_ids(entries(Path(f"{name}.1")) + entries(Path(name))) == _without_ids(found)
        assert Path(f"{name}.1").stat().st_size == rotated.stat().st_size

        compress_rotated(name, 5)
        theirs.write_bytes(Path(name).read_bytes())
        compressed.write_bytes(Path(f"{name}.1.gz").read_bytes())
        assert docker("logs", container) == shown
        assert docker("logs", "--tail", "2", container) == "three\nunfinished"
        assert docker("logs", "--since", "2020-01-01T00:00:00Z", container) == shown


def _inflated(path: Path) -> bytes:
    import gzip

    return gzip.decompress(path.read_bytes())


def _with_newline(entry: Entry) -> bytes:
    return entry.line if entry.partial is not None and not entry.partial.last else entry.line + b"\n"


def _without_ids(found: list[Entry]) -> list[Entry]:
    return [entry._replace(partial=entry.partial and entry.partial._replace(id="")) for entry in found]
