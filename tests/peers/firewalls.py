"""Firewalls that hosts have, as Debian packages them: ufw and firewalld, in an engine's network namespace.

with host_firewall("ufw", folder, enter) as it: it.reload()

They want to be installed: their files lie over the machine's in a mount namespace of their own, where also what they
write is theirs. firewalld has a message bus of its own.
"""

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.peers.fetch import fetch
from tests.peers.guarded import Guard
from tests.support.wait import wait_until

FOLDERS = ("usr", "etc", "var/lib")
BUS = """<busconfig>
<type>system</type><listen>unix:path=/run/bus</listen><auth>EXTERNAL</auth>
<policy context="default"><allow user="*"/><allow own="*"/><allow send_type="method_call"/>
<allow send_destination="*"/><allow receive_sender="*"/></policy>
</busconfig>
"""
ENTRANCE = """
set -e
mount --make-rprivate /
for folder in {folders}; do
  mkdir -p {home}/$folder/upper {home}/$folder/work {home}/empty
  over={root}/$folder; [ -d $over ] || over={home}/empty
  mount -t overlay -o lowerdir=$over:/$folder,upperdir={home}/$folder/upper,workdir={home}/$folder/work overlay /$folder
done
for folder in lib sbin; do
  [ ! -d {root}/$folder ] || cp -a {root}/$folder/. /usr/$folder/
done
mount -t tmpfs run /run
"""
UFW = """
cp /usr/share/ufw/ufw.conf /usr/share/ufw/*.init /usr/share/ufw/iptables/*.rules /etc/ufw/
ufw --force enable
exec sleep infinity
"""
FIREWALLD = """
dbus-daemon --config-file={home}/bus.conf --fork
exec firewalld --nofork --nopid
"""
RELOAD = {"ufw": ("ufw", "reload"), "firewalld": ("firewall-cmd", "--reload")}
STATE = {"ufw": ("ufw", "status"), "firewalld": ("firewall-cmd", "--state")}
RUNNING = {"ufw": "Status: active", "firewalld": "running"}


class HostFirewall:
    """One that is up. `name` is "ufw" or "firewalld"."""

    def __init__(self, name: str, pid: int) -> None:
        self.name = name
        self.pid = pid

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """A command where the firewall is."""
        enter = ("nsenter", "-m", "-n", "-t", str(self.pid), "env", "DBUS_SYSTEM_BUS_ADDRESS=unix:path=/run/bus")
        return subprocess.run([*enter, *command], capture_output=True, text=True, timeout=60)

    def reload(self) -> None:
        """As its operator does after a change."""
        done = self.run(*RELOAD[self.name])
        assert done.returncode == 0, done.stdout + done.stderr

    def is_up(self) -> bool:
        """Whether it says so."""
        return RUNNING[self.name] in self.run(*STATE[self.name]).stdout


@contextmanager
def host_firewall(name: str, folder: Path, enter: Sequence[str]) -> Iterator[HostFirewall]:
    """Have it until the block ends; its rules stay, and go with the network namespace that `enter` enters."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "bus.conf").write_text(BUS)
    begin = ENTRANCE.format(folders=" ".join(FOLDERS), home=folder, root=fetch(name))
    script = begin + (UFW if name == "ufw" else FIREWALLD.format(home=folder))
    with Guard([], grace_seconds=2) as guard:
        pid = guard.start(
            [*enter, "env", "DBUS_SYSTEM_BUS_ADDRESS=unix:path=/run/bus", "unshare", "-m", "sh", "-c", script],
            folder / f"{name}.log",
        )
        firewall = HostFirewall(name, pid)
        wait_until(firewall.is_up, f"{name} to be up; see {folder}/{name}.log", 20)
        yield firewall
