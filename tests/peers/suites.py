"""Packages of another Debian suite than the machine's own: where its mirror is, and an apt of our own that reads it.

A newer Docker than the machine's comes this way. The machine's apt stays as it is: sources, lists, archives and
status are in a folder of the cache, and only settings such as proxies are shared. Names a suite, never a version, since
mirrors keep only the newest; signatures are checked as always, with the machine's Debian keyring, or a newer one that
was itself checked with it. Source: apt.conf(5), sources.list(5).
"""

import os
import subprocess
from pathlib import Path

_KEY_IS_MISSING = ("NO_PUBKEY", "Missing key")
"""As gpgv says it, and sqv, which apt asks from Debian 13 on."""
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")


class Suite:
    """Suite `codename` of the mirror that the machine's sources name. `state` is the folder of its private apt."""

    def __init__(self, codename: str, state: Path, keyring: Path = KEYRING) -> None:
        self._codename = codename
        self._state = state
        self._keyring = keyring

    def download(self, names: list[str], folder: Path) -> None:
        """Put the newest packages of these names, and nothing that they depend on, into `folder`.

        Raises RuntimeError with apt's words. The caller holds a lock: apt's state is written.
        """
        self._prepare()
        try:
            self._apt("download", *names, cwd=folder)
        except RuntimeError:  # no lists yet, or older ones than the mirror
            self._update()
            self._apt("download", *names, cwd=folder)

    def _prepare(self) -> None:
        for needed in ("lists/partial", "archives/partial"):
            (self._state / needed).mkdir(parents=True, exist_ok=True)
        (self._state / "status").touch()  # nothing is installed, so nothing holds a version back
        self._write_source(self._keyring)

    def _write_source(self, keyring: Path) -> None:
        mirror = mirror_of_debian()
        (self._state / "sources.list").write_text(f"deb [signed-by={keyring}] {mirror} {self._codename} main\n")

    def _update(self) -> None:
        try:
            self._apt("update")
        except RuntimeError as error:
            if not any(words in str(error) for words in _KEY_IS_MISSING):
                raise
            self._write_source(self._newer_keyring())
            self._apt("update")

    def _newer_keyring(self) -> Path:
        """The keyring of the machine's own suite, which apt trusts already, where an older one is installed."""
        run_apt("download", "debian-archive-keyring", cwd=self._state)
        archive = max(self._state.glob("debian-archive-keyring_*.deb"), key=lambda path: path.stat().st_mtime)
        subprocess.run(["dpkg", "-x", str(archive), str(self._state / "keyring")], check=True, timeout=60)
        return self._state / "keyring" / KEYRING.relative_to("/")

    def _apt(self, *command: str, cwd: Path | None = None) -> None:
        state = self._state
        options = {
            "Dir::State": state,
            "Dir::State::lists": state / "lists",
            "Dir::State::status": state / "status",
            "Dir::Cache": state,
            "Dir::Cache::archives": state / "archives",
            "Dir::Etc::sourcelist": state / "sources.list",
            # neither the machine's other sources nor its pins count
            "Dir::Etc::sourceparts": "/dev/null",
            "Dir::Etc::preferences": "/dev/null",
            "Dir::Etc::preferencesparts": "/dev/null",
            "Acquire::Languages": "none",
            # lists that couldn't be fetched are an error and not a warning
            "APT::Update::Error-Mode": "any",
        }
        run_apt(*(word for key, value in options.items() for word in ("-o", f"{key}={value}")), *command, cwd=cwd)


def why_not_debian() -> str:
    """Why packages of Debian's suites can't be had on this machine; "" where they can."""
    release = os_release()
    if release.get("ID") == "debian":
        return ""
    return (
        f"Debian's suites are on Debian's mirrors, which this machine ({release.get('PRETTY_NAME', '?')}) doesn't use"
    )


def os_release() -> dict[str, str]:
    """The machine's os-release(5)."""
    lines = Path("/etc/os-release").read_text().splitlines()
    return {name: value.strip('"') for name, _, value in (line.partition("=") for line in lines)}


def mirror_of_debian() -> str:
    """The URI from which the machine has its own suite. Raises RuntimeError where that isn't Debian's."""
    if reason := why_not_debian():
        raise RuntimeError(reason)
    own = os_release().get("VERSION_CODENAME", "")
    listed = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(RELEASE) $(COMPONENT) $(REPO_URI)"], capture_output=True, text=True
    )
    for line in listed.stdout.splitlines():
        suite, component, uri = line.split(" ", 2)
        if suite in (own, "stable", "testing", "unstable") and component == "main":
            return uri
    raise RuntimeError(f"none of the machine's apt sources has {own or 'its own suite'} main")


def run_apt(*arguments: str, cwd: Path | None = None) -> None:
    """`apt-get` without a terminal; RuntimeError with what it said when it fails."""
    environment = {**os.environ, "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"}
    command = ["apt-get", "-q", "-o", "APT::Sandbox::User=root", *arguments]
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=600)
    if done.returncode != 0:
        raise RuntimeError(f"apt-get {arguments[-1]} failed: {done.stderr.strip() or done.stdout.strip()}")
