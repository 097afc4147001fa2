"""Fetch a peer: the packages and their missing dependencies, downloaded by apt (which checks signatures) and
unpacked into the cache. Safe when several test workers ask at once; a second call costs a stat.
"""

import fcntl
import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.peers.catalogue import PEERS, Peer
from tests.peers.suites import Suite, os_release, run_apt, why_not_debian

DEFAULT_CACHE = Path("/var/cache/dockyard-peers")


def cache_directory() -> Path:
    """The cache folder: $DOCKYARD_PEERS, else one of the machine (as root) or of the user."""
    if chosen := os.environ.get("DOCKYARD_PEERS"):
        return Path(chosen)
    return DEFAULT_CACHE if os.geteuid() == 0 else Path.home() / ".cache" / "dockyard-peers"


def fetch(name: str) -> Path:
    """Make sure that peer `name` (a key of PEERS) is in the cache, and return the folder that holds its /usr, /etc, ….

    Raises RuntimeError with apt's words when the packages can't be had.
    """
    peer = PEERS[name]
    home = cache_directory() / name
    if _is_complete(home, peer):
        return home / "root"
    with locked(name):
        if not _is_complete(home, peer):
            _fill(home, peer)
    return home / "root"


def why_not(name: str) -> str:
    """Why peer `name` (a key of PEERS) can't be had on this machine; "" where it can."""
    peer = PEERS[name]
    return why_not_debian() if peer.suite and not peer.anywhere else ""


def _is_complete(home: Path, peer: Peer) -> bool:
    return (home / "complete.json").exists() and all(find_program(home / "root", name) for name in peer.programs)


@contextmanager
def locked(name: str) -> Iterator[None]:
    """Hold the cache's lock `name` against other processes; it ends with the process, however that ends."""
    cache = cache_directory()
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / f"{name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _fill(home: Path, peer: Peer) -> None:
    shutil.rmtree(home, ignore_errors=True)
    staging = Path(tempfile.mkdtemp(prefix=f"{home.name}-", dir=home.parent))
    try:
        root, archives = staging / "root", staging / "archives"
        root.mkdir()
        archives.mkdir()
        versions = _download(peer, archives)
        for archive in sorted(archives.iterdir()):
            _run("dpkg", "-x", str(archive), str(root))
        _settle_alternatives(root)
        _settle_libraries(root)
        missing = [program for program in peer.programs if not find_program(root, program)]
        if missing:
            raise RuntimeError(f"the packages {' '.join(versions)} don't hold {' '.join(missing)}")
        shutil.rmtree(archives)
        (staging / "complete.json").write_text(json.dumps(versions, indent=1))
        staging.chmod(0o755)
        staging.rename(home)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _download(peer: Peer, folder: Path) -> dict[str, str]:
    wanted = list(peer.own)
    if peer.suite and os_release().get("VERSION_CODENAME") != peer.suite and not (peer.anywhere and why_not_debian()):
        with locked(f"apt-{peer.suite}"):
            Suite(peer.suite, cache_directory() / f"apt-{peer.suite}").download(list(peer.packages), folder)
    else:
        wanted += peer.packages
    if wanted:
        run_apt("download", *sorted({*wanted, *_missing_dependencies(wanted)}), cwd=folder)
    # name_version_architecture.deb, with %3a for the colon of an epoch
    return dict(archive.name.split("_")[:2] for archive in sorted(folder.iterdir()))


def _missing_dependencies(names: list[str]) -> list[str]:
    """Packages that apt would install along with `names` on this machine."""
    simulate = ("apt-get", "-s", "-o", "Debug::NoLocking=true", "--no-install-recommends", "install", *names)
    try:
        plan = _run(*simulate)
    except RuntimeError:  # a fresh machine has no package lists, or old ones
        with locked("apt"):
            _run("apt-get", "-q", "update")
        plan = _run(*simulate)
    return re.findall(r"^Inst (\S+)", plan, re.MULTILINE)


def _settle_alternatives(root: Path) -> None:
    """What the packages' install scripts would link: iptables is one of two programs, chosen by update-alternatives."""
    for multi in root.glob("**/xtables-nft-multi"):
        for name in (
            "iptables",
            "ip6tables",
            "iptables-save",
            "iptables-restore",
            "ip6tables-save",
            "ip6tables-restore",
        ):
            link = multi.parent / name
            link.unlink(missing_ok=True)
            link.symlink_to(multi.name)


def _settle_libraries(root: Path) -> None:
    """Let podman and conmon find the libraries unpacked beside them, whoever starts them."""
    patchelf = root / "usr" / "bin" / "patchelf"
    if not patchelf.exists():
        return
    folders = [path for path in root.glob("usr/lib/*-linux-gnu") if path.is_dir()]
    for name in ("podman", "conmon"):
        places = ":".join(f"$ORIGIN/../lib/{folder.name}" for folder in folders)
        libraries = {"LD_LIBRARY_PATH": ":".join(map(str, folders))}
        _run(str(patchelf), "--set-rpath", places, str(root / "usr" / "bin" / name), environment=libraries)


def find_program(root: Path, name: str) -> Path | None:
    """Where `name` is below `root`, or None. Docker's and its kin's programs are spread over several folders."""
    for folder in ("usr/bin", "usr/sbin", "bin", "sbin", "usr/libexec/podman", "usr/libexec/docker/cli-plugins"):
        path = root / folder / name
        if path.exists():
            return path
    return None


def _run(*command: str, cwd: Path | None = None, environment: Mapping[str, str] | None = None) -> str:
    environment = {**os.environ, "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive", **(environment or {})}
    try:
        done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=600)
    except OSError as error:
        raise RuntimeError(
            f"{command[0]}: {error}; peers come from a Debian or Ubuntu machine's own package manager"
        ) from error
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} failed: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout
