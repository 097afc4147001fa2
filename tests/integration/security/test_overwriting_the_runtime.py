"""No container overwrites the program that runs it (CVE-2019-5736): `dockyard-runc`, by its entrypoint and by exec.

The victim is a copy of the interpreter, so that a runtime that fails the test does no harm. The first case plays the
attack against a runtime with the sealing taken out, and must succeed: else the others would prove nothing.
"""

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.conformance.kit.bundle import Bundle
from tests.integration.security import attack

pytestmark = [
    pytest.mark.root,
    pytest.mark.skipif(platform.machine() != "x86_64", reason="the attack is written for x86_64"),
]

RUNTIME = """
import sys
sys.path[:0] = {path!r}
{before}
from dockyard.cmd.dockyard_runc import main
sys.exit(main(sys.argv[1:]))
"""

UNSEALED = "import dockyard.linux.interpreter as interpreter; interpreter.is_sealed = lambda: True"

ATTACKED = f"attacked{os.getpid()}"
"""The container's name, and so its cgroup's, which test processes share."""


class Victim:
    """A runtime that runs from an interpreter of its own."""

    def __init__(self, directory: Path, *, sealed: bool) -> None:
        real = Path(os.path.realpath(sys.executable))
        # As a virtual environment with a copy: pyvenv.cfg tells it where its standard library is.
        self.program = directory / "interpreter" / "bin" / real.name
        self.program.parent.mkdir(parents=True)
        shutil.copy(real, self.program)
        (directory / "interpreter" / "pyvenv.cfg").write_text(f"home = {real.parent}\n")
        self._environment = os.environ | {"LD_LIBRARY_PATH": f"{sys.base_prefix}/lib"}
        script = directory / "dockyard-runc"
        path = [entry for entry in sys.path if entry]
        script.write_text(RUNTIME.format(path=path, before="" if sealed else UNSEALED))
        self._command = [str(self.program), str(script), "--root", str(directory / "root")]
        self._before = self.digest()

    def digest(self) -> str:
        return hashlib.sha256(self.program.read_bytes()).hexdigest()

    @property
    def unharmed(self) -> bool:
        return self.digest() == self._before

    def __call__(self, *arguments: str | Path, check: bool = True) -> "subprocess.CompletedProcess[bytes]":
        # Standard streams that aren't pipes: the container keeps them.
        return subprocess.run(
            [*self._command, *arguments],
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=60,
            check=check,
        )


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    """A bundle with the attack in it."""
    (tmp_path / "bundle").mkdir()
    bundle = Bundle(tmp_path / "bundle")
    attack.prepare(bundle.rootfs, Path(os.path.realpath(sys.executable)))
    bundle.process["args"] = ["/attack"]
    return bundle


@pytest.fixture
def make_victim(tmp_path: Path) -> Iterator[Callable[[bool], Victim]]:
    yield lambda sealed: Victim(tmp_path, sealed=sealed)
    # The victim may be broken: its state is removed by the runtime of this environment.
    runtime = Path(sys.executable).with_name("dockyard-runc")
    subprocess.run([runtime, "--root", tmp_path / "root", "delete", "--force", ATTACKED], check=False)


def verdict(bundle: Bundle) -> str:
    """What stage two says, once it has tried."""
    deadline = time.monotonic() + 20
    path = bundle.rootfs / "result"
    while not (path.exists() and path.read_text().endswith("\n")):
        assert time.monotonic() < deadline, "the attack did not even begin"
        time.sleep(0.05)
    return path.read_text().strip()


def test_the_attack_works_on_a_runtime_that_is_not_sealed(bundle: Bundle, make_victim: Callable[[bool], Victim]):
    victim = make_victim(False)
    bundle.save()
    victim("run", "--detach", "--bundle", bundle.directory, ATTACKED)
    assert verdict(bundle) == "written"
    assert victim.program.read_text() == "OVERWRITTEN\n"


@pytest.mark.row("N3")
def test_by_the_entrypoint(bundle: Bundle, make_victim: Callable[[bool], Victim]):
    victim = make_victim(True)
    bundle.save()
    victim("run", "--detach", "--bundle", bundle.directory, ATTACKED)
    assert verdict(bundle) == "kept"
    assert "Operation not permitted" in (bundle.rootfs / "why").read_text()
    assert victim.unharmed


@pytest.mark.row("N3")
def test_by_exec(bundle: Bundle, make_victim: Callable[[bool], Victim]):
    victim = make_victim(True)
    bundle.process["args"] = ["sleep", "1000"]
    bundle.save()
    victim("run", "--detach", "--bundle", bundle.directory, ATTACKED)
    victim("exec", "--detach", ATTACKED, "/attack")
    assert verdict(bundle) == "kept"
    assert "Operation not permitted" in (bundle.rootfs / "why").read_text()
    assert victim.unharmed


WATCHER = """
while :; do
    for directory in /proc/[0-9]*; do
        [ $directory = /proc/1 ] && continue
        readlink $directory/exe >> /seen 2> /dev/null
        (echo OVERWRITTEN > $directory/exe) 2> /dev/null && echo $directory >> /written
    done
done
"""


@pytest.mark.row("N3")
def test_by_watching_for_processes_that_join(bundle: Bundle, make_victim: Callable[[bool], Victim]):
    victim = make_victim(True)
    bundle.process["args"] = ["sh", "-c", WATCHER]
    # With every capability: the image of a container that trusts itself with them.
    everything = bundle.process["capabilities"]["bounding"] + ["CAP_DAC_OVERRIDE", "CAP_SYS_PTRACE", "CAP_SYS_ADMIN"]
    bundle.process["capabilities"] = dict.fromkeys(("bounding", "effective", "permitted"), everything)
    (bundle.rootfs / "bin/true").unlink()
    shutil.copy(bundle.rootfs / "bin/busybox", bundle.rootfs / "bin/true")  # a program that may be overwritten
    bundle.save()
    victim("run", "--detach", "--bundle", bundle.directory, ATTACKED)
    for _ in range(30):
        victim("exec", ATTACKED, "true", check=False)
    assert victim.unharmed
    seen = set((bundle.rootfs / "seen").read_text().split("\n")) if (bundle.rootfs / "seen").exists() else set()
    assert not {path for path in seen if "python" in path and "memfd" not in path}, seen
