"""No container overwrites the program that supervisor and shims run from (CVE-2019-5736), played through the engine."""

import fcntl
import hashlib
import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest
from tests.conformance.kit.bundle import make_rootfs
from tests.integration.security import attack
from tests.support.engine import Engine

pytestmark = [
    pytest.mark.root,
    pytest.mark.row("N3"),
    pytest.mark.skipif(platform.machine() != "x86_64", reason="the attack is written for x86_64"),
]

SEALS = fcntl.F_SEAL_WRITE | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL


@pytest.fixture
def image(own_engine: Engine, tmp_path: Path) -> str:
    """An image with the attack in it."""
    rootfs = tmp_path / "rootfs"
    make_rootfs(rootfs)
    attack.prepare(rootfs, Path(os.path.realpath(sys.executable)))
    archive = tmp_path / "image.tar"
    subprocess.run(["tar", "-C", rootfs, "-cf", archive, "."], check=True)
    own_engine.docker("import", "--change", "ENV PATH=/bin", str(archive), "attack")
    return "attack"


WATCHER = """
while :; do
    for it in /proc/[0-9]*; do
        program=$(readlink $it/exe 2> /dev/null)
        case "$program" in /bin/*) ;; *) echo "$program" ;; esac
    done
done
"""


def require_sealed(pid: int) -> None:
    """End the test before it can do harm: the process must run from a sealed anonymous file."""
    descriptor = os.open(f"/proc/{pid}/exe", os.O_RDONLY)
    try:
        assert fcntl.fcntl(descriptor, fcntl.F_GET_SEALS) & SEALS == SEALS
    finally:
        os.close(descriptor)


def host_programs() -> dict[str, str]:
    """What an attack could be after: the interpreter and its library."""
    real = Path(os.path.realpath(sys.executable))
    paths = [real, *Path(sys.base_prefix, "lib").glob("libpython*.so*")]
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def test_by_the_entrypoint(own_engine: Engine, image: str):
    require_sealed(own_engine.supervisor_pid)
    before = host_programs()
    container = own_engine.docker("run", "-d", image, "/attack").strip()
    own_engine.docker("wait", container)
    assert own_engine.docker("logs", container) == "kept"
    assert host_programs() == before


def test_by_exec(own_engine: Engine, image: str):
    require_sealed(own_engine.supervisor_pid)
    before = host_programs()
    container = own_engine.docker("run", "-d", image, "sleep", "1000").strip()
    assert own_engine.docker("exec", container, "/attack") == "kept"
    assert host_programs() == before


def test_what_a_container_sees_of_processes_that_join_it(own_engine: Engine, image: str):
    require_sealed(own_engine.supervisor_pid)
    container = own_engine.docker("run", "-d", "--cap-add", "SYS_PTRACE", image, "sh", "-c", WATCHER).strip()
    for _ in range(20):
        own_engine.docker("exec", container, "true")
    assert own_engine.docker("inspect", "-f", "{{.State.Running}}", container) == "true"
    seen = set(own_engine.docker("logs", container).split("\n")) - {""}
    assert not {path for path in seen if "memfd" not in path}, seen
