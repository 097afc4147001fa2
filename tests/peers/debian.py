"""Images of the machine's own distribution: a minimal one by debootstrap, and one with real services installed."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from tests.peers.images import PATH, cached_image, docker_archive
from tests.peers.programs import program
from tests.peers.suites import os_release

SERVICES = ("nginx-light", "redis-server", "postgresql")
INSTALL = "apt-get -q update && apt-get -qy --no-install-recommends install "
SUPERFLUOUS = (
    # caches and texts, and PostgreSQL's just-in-time compiler, which alone is half of the image
    *("var/cache/apt/*.bin", "var/cache/apt/archives/*.deb", "var/lib/apt/lists/*_*"),
    *("usr/share/doc", "usr/share/man", "usr/share/locale"),
    *("usr/lib/*/libLLVM*", "usr/lib/llvm*", "usr/lib/postgresql/*/lib/bitcode", "usr/lib/postgresql/*/lib/llvmjit*"),
)


def debian_image(reference: str = "debian:bookworm") -> Path:
    """A docker archive of a minimal Debian of the machine's release, by `debootstrap --variant=minbase`, with the
    machine's apt sources inside. Takes half a minute the first time; then it comes from the cache."""
    return cached_image("debian", reference, lambda target: _write(target, reference, lambda root: None))


def services_image(reference: str = "services:debian") -> Path:
    """Debian with the distribution's nginx, PostgreSQL and Redis, about 250 MB; none of them is set up to start.

    PostgreSQL's programs are on the PATH, and /var/lib/postgresql/data is an empty folder of its user. Takes a minute
    the first time.
    """
    return cached_image("services", reference, lambda target: _write(target, reference, _install_services))


def _write(target: Path, reference: str, furnish: Callable[[Path], None]) -> None:
    root = target.with_suffix(".root")
    shutil.rmtree(root, ignore_errors=True)
    try:
        codename = _bootstrap(root)
        furnish(root)
        _remove(root, "var/cache/apt/archives/*.deb", "var/lib/apt/lists/*_*")
        programs = "".join(f":/{path.relative_to(root)}" for path in root.glob("usr/lib/postgresql/*/bin"))
        config = {"Cmd": ["bash"], "Env": [f"{PATH}{programs}"]}
        docker_archive(target, reference, [_packed(root)], config, [f"debootstrap {codename}"])
    finally:
        shutil.rmtree(root, ignore_errors=True)


def _bootstrap(root: Path) -> str:
    """Makes a minimal system in `root`; returns its codename."""
    release = os_release()
    codename = release["VERSION_CODENAME"]
    bootstrap = program("debootstrap")
    environment = {
        **(bootstrap.environment or {}),
        "DEBOOTSTRAP_DIR": str(Path(bootstrap.path).parents[1] / "share" / "debootstrap"),
    }
    keyring = f"--keyring=/usr/share/keyrings/{release['ID']}-archive-keyring.gpg"
    bootstrap._replace(environment=environment).run(
        "--variant=minbase", keyring, codename, str(root), timeout_seconds=600
    )
    _copy_apt_sources(root, release["ID"])
    return codename


def _copy_apt_sources(root: Path, distribution: str) -> None:
    """The machine's own sources of its distribution; third parties' need keys that the image hasn't got."""
    (root / "etc" / "apt" / "sources.list").unlink(missing_ok=True)
    sources = [Path("/etc/apt/sources.list"), *Path("/etc/apt/sources.list.d").glob(f"{distribution}*.sources")]
    for source in sources:
        if source.exists():
            inside = root / source.relative_to("/")
            inside.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, inside)


def _install_services(root: Path) -> None:
    """Installs the packages as a Dockerfile would: with a policy that no service starts."""
    policy = root / "usr" / "sbin" / "policy-rc.d"
    policy.write_text("#!/bin/sh\nexit 101\n")
    policy.chmod(0o755)
    clusters = root / "etc" / "postgresql-common" / "createcluster.conf"
    clusters.parent.mkdir()
    clusters.write_text("create_main_cluster = false\n")
    resolver = root / "etc" / "resolv.conf"
    shutil.copyfile("/etc/resolv.conf", resolver)
    environment = {"DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C", "PATH": PATH.partition("=")[2]}
    command = ["chroot", str(root), "sh", "-ec", INSTALL + " ".join(SERVICES)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600)
    if done.returncode != 0:
        raise RuntimeError(f"installing {' '.join(SERVICES)}: {done.stderr.strip()[-2000:]}")
    resolver.unlink()
    _remove(root, *SUPERFLUOUS)
    data = root / "var" / "lib" / "postgresql" / "data"
    data.mkdir(mode=0o700)
    subprocess.run(["chroot", str(root), "chown", "postgres:postgres", "/var/lib/postgresql/data"], check=True)


def _remove(root: Path, *patterns: str) -> None:
    for pattern in patterns:
        for path in root.glob(pattern):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()


def _packed(root: Path) -> bytes:
    command = ["tar", "-C", str(root), "--numeric-owner", "--sort=name", "--mtime=@0", "--one-file-system"]
    return subprocess.run([*command, "-cf", "-", "."], capture_output=True, check=True).stdout
