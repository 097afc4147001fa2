"""The steps of script/demo: a short tour of a running engine, from the first image to a daemon that was killed."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from tests.peers import busybox_image
from tests.peers.guarded import Guard

PROGRAMS = Path(__file__).parents[1] / ".venv" / "bin"
PAGE = "A page from inside a container"


class Tour:
    """The engine of the tour: its folders, its daemon, and the `dockyard` command pointed at it."""

    def __init__(self, home: Path, guard: Guard, bridge: str) -> None:
        self._home = home
        self._guard = guard
        self._bridge = bridge
        self._socket = home / "dockyard.sock"
        self.pid = 0

    def start_daemon(self) -> None:
        """Start dockyardd in folders of its own, and wait until it answers."""
        command = [
            str(PROGRAMS / "dockyardd"),
            f"--host=unix://{self._socket}",
            f"--data-root={self._home}/data",
            f"--exec-root={self._home}/run",
            f"--pidfile={self._home}/dockyardd.pid",
            f"--bridge={self._bridge}",
        ]
        say_command("dockyardd", *command[1:3], "…")
        log = self._home / "dockyardd.log"
        self.pid = self._guard.start(command, log)
        for _ in range(300):
            if self.command("version", quiet=True, check=False).returncode == 0:
                return
            if not Path(f"/proc/{self.pid}").exists():
                break
            time.sleep(0.05)
        sys.exit(f"dockyardd didn't come up; its log:\n{log.read_text()}")

    def command(
        self, *arguments: str, quiet: bool = False, check: bool = True, timeout_seconds: float = 60
    ) -> "subprocess.CompletedProcess[str]":
        """Run `dockyard`, show the command line and what it prints."""
        if not quiet:
            say_command("dockyard", *arguments)
        done = subprocess.run(
            [PROGRAMS / "dockyard", "-H", f"unix://{self._socket}", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=timeout_seconds,
        )
        if not quiet:
            print("".join(f"    {line}\n" for line in done.stdout.splitlines()), end="", flush=True)
        if check and done.returncode:
            sys.exit(f"dockyard {' '.join(arguments)}: exit {done.returncode}\n{done.stdout}")
        return done


def say(text: str) -> None:
    """A step, in bold where a person reads."""
    bold, plain = ("\033[1m", "\033[0m") if sys.stdout.isatty() else ("", "")
    print(f"\n{bold}{text}{plain}", flush=True)


def say_command(*words: str) -> None:
    """A command line, shortened to the width of a page."""
    line = " ".join(f"'{word}'" if re.search(r"[\s;<>|*]", word) else word for word in words)
    print(f"  $ {line if len(line) < 110 else line[:107] + '…'}", flush=True)


def get_image(tour: Tour) -> None:
    """busybox, from a registry or made here."""
    say("2. An image. First from a registry, if one answers.")
    try:
        pulled = tour.command("pull", "busybox", check=False, timeout_seconds=60).returncode == 0
    except subprocess.TimeoutExpired:
        pulled = False
    if not pulled:
        print("  None does, so we make one of Debian's package busybox-static, as an archive that any engine loads.")
        tour.command("load", "-i", str(busybox_image()))
    tour.command("images")


def run_containers(tour: Tour) -> None:
    """A first container, then a web server with a published port."""
    say("3. A container: own processes, own file system, own network, gone when its command ends.")
    tour.command("run", "--rm", "busybox", "sh", "-c", "echo Hello from $(hostname), process $$; ps")
    begin = time.monotonic()
    tour.command("run", "--rm", "busybox", "true")
    print(f"    … and another one, from start to end, in {(time.monotonic() - begin) * 1000:.0f} ms")

    say("4. A web server in the background, its port published on this machine.")
    script = f"mkdir -p /srv && echo {PAGE} > /srv/index.html && exec httpd -f -p 80 -h /srv"
    tour.command("run", "-d", "--name", "web", "-p", "127.0.0.1::80", "busybox", "sh", "-c", script)
    tour.command("ps")
    fetch(tour)
    say("5. A second process in the same container.")
    tour.command("exec", "web", "ps")


def fetch(tour: Tour) -> None:
    """Fetch the page through the published port."""
    address = tour.command("port", "web", "80/tcp", quiet=True).stdout.split()[0]
    say_command("curl", f"http://{address}/")
    print(f"    {page(address)}")


def page(address: str) -> str:
    """The page at `address`; waits until the server listens."""
    for attempt in range(50):
        try:
            with urllib.request.urlopen(f"http://{address}/", timeout=2) as answer:
                return str(answer.read().decode().strip())
        except OSError:
            if attempt == 49:
                raise
            time.sleep(0.1)
    raise AssertionError("not reached")


def kill_daemon(tour: Tour) -> None:
    """SIGKILL to the daemon; the container doesn't notice."""
    say("6. The daemon is killed. The container isn't its child, and lives on.")
    inside = int(tour.command("inspect", "--format", "{{.State.Pid}}", "web", quiet=True).stdout)
    address = tour.command("port", "web", "80/tcp", quiet=True).stdout.split()[0]
    say_command("kill", "-9", str(tour.pid))
    os.kill(tour.pid, signal.SIGKILL)
    while Path(f"/proc/{tour.pid}").exists():
        time.sleep(0.01)
    print(f"    no daemon: {tour.command('ps', quiet=True, check=False).stdout.strip().splitlines()[0]}")
    say_command("ps", "-o", "pid,ppid,args", "-p", str(inside))
    shown = subprocess.run(["ps", "-o", "pid,ppid,args", "-p", str(inside)], capture_output=True, text=True).stdout
    print("".join(f"    {line}\n" for line in shown.splitlines()), end="")
    say_command("curl", f"http://{address}/")
    print(f"    {page(address)}")
    say("7. A new daemon finds everything as it was.")
    tour.start_daemon()
    tour.command("ps")
    fetch(tour)


def main() -> None:
    """The tour; its guard cleans up after it, however it ends."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("terminated"))
    bridge = f"dydemo{os.getpid() % 100000}"
    home = Path(tempfile.mkdtemp(prefix="dockyard-demo-", dir="/tmp"))
    with Guard([home], links=[bridge], cgroups=[bridge]) as guard:
        try:
            tour = Tour(home, guard, bridge)
            say(f"1. An engine: the daemon, with all that it keeps in {home}.")
            tour.start_daemon()
            get_image(tour)
            run_containers(tour)
            kill_daemon(tour)
            say("8. Cleaning up: container, daemon, bridge, files.")
            tour.command("rm", "-f", "-v", "web")
        except KeyboardInterrupt:
            say("Interrupted: cleaning up.")
    if home.exists():
        sys.exit(f"{home} is still there")
    print("\nNothing is left. To go on: README.md, then ARCHITECTURE.md.")


if __name__ == "__main__":
    main()
