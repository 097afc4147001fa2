"""Podman with a storage of its own, so that it reads nothing from /etc and leaves nothing behind."""

from pathlib import Path

from tests.peers.fetch import fetch, find_program
from tests.peers.programs import Program, environment_of

FOLDERS = {"root": "storage", "runroot": "run", "tmpdir": "tmp"}


def podman(directory: Path, driver: str = "vfs") -> Program:
    """Podman whose storage (of `driver`: vfs works everywhere, overlay is fast), run directory and configuration are
    below `directory` (created).

    Its default limits are set low, because podman asks for more than a sandboxed machine's hard limits and then fails.
    """
    root = fetch("podman")
    directory.mkdir(parents=True, exist_ok=True)
    conmon, runc = find_program(root, "conmon"), find_program(root, "runc")
    (directory / ".config" / "containers").mkdir(parents=True, exist_ok=True)
    (directory / ".config" / "containers" / "policy.json").write_text(
        '{"default": [{"type": "insecureAcceptAnything"}]}'
    )
    (directory / "containers.conf").write_text(
        '[containers]\ndefault_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]\n'
        f'[engine]\nhelper_binaries_dir = ["{root}/usr/lib/podman"]\nconmon_path = ["{conmon}"]\nruntime = "runc"\n'
        'cgroup_manager = "cgroupfs"\nevents_logger = "file"\n'
        f'[engine.runtimes]\nrunc = ["{runc}"]\n'
    )
    (directory / "storage.conf").write_text(
        f'[storage]\ndriver = "{driver}"\ngraphroot = "{directory}/storage"\nrunroot = "{directory}/run"\n'
    )
    (directory / "registries.conf").write_text("")
    environment = environment_of(root)
    environment |= {
        "CONTAINERS_CONF": str(directory / "containers.conf"),
        "CONTAINERS_STORAGE_CONF": str(directory / "storage.conf"),
        "CONTAINERS_REGISTRIES_CONF": str(directory / "registries.conf"),
        "HOME": str(directory),
        "TMPDIR": str(directory),
    }
    # podman waits until conmon's pid is gone, which takes a parent that reaps orphans: tini is one, PID 1 may not be
    command = (str(find_program(root, "podman")), *(f"--{key}={directory}/{value}" for key, value in FOLDERS.items()))
    return Program(str(find_program(root, "tini")), ("-s", "--", *command), environment)
