"""A guard: starts daemons for a test process, and ends them with all their descendants when that process ends, however.

Run as a program. On standard input come JSON lines `{"start": [argv], "environment": {…}, "log": path}`, each answered
with `{"pid": n}`; the first line is
`{"trees": [folder…], "links": [name…], "cgroups": [name…], "grace_seconds": n}`. When the input ends,
because the test closed it or was killed, the guard stops what it started, kills what is left of their descendants (it
is their subreaper, so orphans come to it: prctl(2) PR_SET_CHILD_SUBREAPER), unmounts what is mounted below the trees,
removes the cgroups, links, nftables tables and trees. Standard library only: it must start fast.
"""

import ctypes
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

PR_SET_CHILD_SUBREAPER = 36
MNT_DETACH = 2
LIBC = ctypes.CDLL(None, use_errno=True)


def main() -> None:
    LIBC.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, _reap)
    duties = json.loads(sys.stdin.readline() or "{}")
    started: list[int] = []
    for line in sys.stdin:
        request = json.loads(line)
        pid = _start(request["start"], request["environment"], request["log"])
        started.append(pid)
        sys.stdout.write(json.dumps({"pid": pid}) + "\n")
        sys.stdout.flush()
    _end(started, duties)


def _reap(*_: Any) -> None:
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def _start(command: list[str], environment: dict[str, str], log: str) -> int:
    pid = os.fork()
    if pid:
        return pid
    try:
        os.setsid()
        output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(output, 1)
        os.dup2(output, 2)
        for name in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD):
            signal.signal(name, signal.SIG_DFL)
        os.execvpe(command[0], command, environment)
    except OSError as error:
        os.write(2, f"{command[0]}: {error}\n".encode())
    finally:
        os._exit(127)


def _end(started: list[int], duties: dict[str, Any]) -> None:
    deadline = time.monotonic() + float(duties.get("grace_seconds", 10))
    for pid in reversed(started):
        if pid in descendants():
            os.kill(pid, signal.SIGTERM)
            while pid in descendants() and time.monotonic() < deadline:
                time.sleep(0.02)
    groups = _kill_descendants()
    for folder in duties.get("trees", []):
        _unmount_below(folder)
    for name in duties.get("cgroups", []):
        groups |= {str(path) for path in (*Path("/sys/fs/cgroup").glob(f"*/{name}"), Path("/sys/fs/cgroup", name))}
    for group in sorted(groups, key=len, reverse=True):
        _remove_cgroup(group)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for link in duties.get("links", []):
        _remove_link(link)
    for folder in duties.get("trees", []):
        shutil.rmtree(folder, ignore_errors=True)


def descendants() -> set[int]:
    """Pids of all living descendants of this process."""
    return children_of(os.getpid())


def children_of(ancestor: int) -> set[int]:
    """Pids of all living descendants of process `ancestor`, at any depth."""
    parents: dict[int, int] = {}
    zombies: set[int] = set()
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                fields = Path(f"/proc/{entry}/stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            parents[int(entry)] = int(fields[1])
            if fields[0] == "Z":
                # Still the parent of its children while other threads of it are ending.
                zombies.add(int(entry))
    found: set[int] = set()
    frontier = {ancestor}
    while frontier:
        frontier = {pid for pid, parent in parents.items() if parent in frontier} - found
        found |= frontier
    return found - zombies


def _kill_descendants() -> set[str]:
    own = set(cgroup_directories("self"))
    groups: set[str] = set()
    for _ in range(500):
        living = descendants()
        if not living:
            break
        for pid in living:
            groups |= set(cgroup_directories(str(pid))) - own
        for group in groups:
            _thaw(group)
        for pid in living:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        time.sleep(0.02)
    return groups


def cgroup_directories(pid: str) -> list[str]:
    """Folders of the cgroups that process `pid` is in, on any mounted hierarchy: cgroups(7), /proc/pid/cgroup."""
    mounts = {}
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        left, _, right = line.partition(" - ")
        kind, _, options = right.split(" ", 2)
        if kind == "cgroup2":
            mounts[""] = left.split()[4]
        elif kind == "cgroup":
            for option in options.split(" ")[-1].split(","):
                mounts[option] = left.split()[4]
    try:
        lines = Path(f"/proc/{pid}/cgroup").read_text().splitlines()
    except OSError:
        return []
    found = []
    for line in lines:
        _, controllers, path = line.split(":", 2)
        mount = mounts.get(controllers.split(",")[0])
        if mount and path != "/":
            found.append(mount + path)
    return found


def _thaw(group: str) -> None:
    # a frozen process takes no SIGKILL on cgroup v1
    for name, value in (("freezer.state", "THAWED"), ("cgroup.freeze", "0")):
        path = Path(group) / name
        if path.exists():
            try:
                path.write_text(value)
            except OSError:
                continue


def _remove_cgroup(group: str) -> None:
    for folder, _, _ in os.walk(group, topdown=False):
        try:
            os.rmdir(folder)
        except OSError:
            continue


def _unmount_below(folder: str) -> None:
    points = []
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        point = line.split(" ")[4].encode().decode("unicode_escape")
        if point == folder or point.startswith(folder + "/"):
            points.append(point)
    for point in reversed(points):
        LIBC.umount2(os.fsencode(point), MNT_DETACH)


def _remove_link(name: str) -> None:
    def quiet(*command: str) -> str:
        try:
            return subprocess.run(command, capture_output=True, text=True, timeout=20).stdout
        except (OSError, subprocess.SubprocessError):
            return ""

    slaves = (
        quiet("ip", "-br", "link", "show", "master", name).splitlines()
        if Path(f"/sys/class/net/{name}").exists()
        else []
    )
    for slave in slaves:
        quiet("ip", "link", "delete", slave.split()[0].split("@")[0])
    quiet("ip", "link", "delete", name)
    for table in quiet("nft", "list", "tables").splitlines():
        _, family, table_name = table.split()[:3]
        if name in table_name:
            quiet("nft", "delete", "table", family, table_name)


if __name__ == "__main__":
    main()
