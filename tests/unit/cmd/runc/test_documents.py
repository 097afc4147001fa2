"""What the verbs print and make, without a container: log lines, tables, usage, features, the process of exec."""

from pathlib import Path

import pytest

from dockyard.cgroups.stats import (
    BlkioEntry,
    BlkioStats,
    CpuStats,
    HugetlbStats,
    MemoryStats,
    MemoryUsage,
    PidsStats,
    Stats,
)
from dockyard.cmd.runc.exec_process import process_from_flags
from dockyard.cmd.runc.features import document
from dockyard.cmd.runc.list import table
from dockyard.cmd.runc.log import open_log
from dockyard.cmd.runc.ps import only
from dockyard.cmd.runc.spec import starter
from dockyard.cmd.runc.update import COMMAND as UPDATE
from dockyard.cmd.runc.update import from_flags
from dockyard.cmd.runc.usage import usage_document
from dockyard.errors import InvalidParameter, NotFound
from dockyard.spec.runtime import Capabilities, Process, User, spec_from_json

MOMENT = 1_795_507_571.9


def lines(path: Path, log_format: str, debug: bool = False) -> list[str]:
    log = open_log(str(path), log_format, debug=debug, clock=lambda: MOMENT)
    log.debug("looking")
    log.warning("plain-word")
    log.error('a "quoted"\npath C:\\x')
    return path.read_text().splitlines()


def test_the_log_as_text(tmp_path: Path):
    assert lines(tmp_path / "log", "text") == [
        'time="2026-11-24T08:06:11Z" level=warning msg=plain-word',
        'time="2026-11-24T08:06:11Z" level=error msg="a \\"quoted\\"\\npath C:\\\\x"',
    ]


def test_the_log_as_json(tmp_path: Path):
    written = lines(tmp_path / "log", "json", debug=True)
    assert written[0] == '{"level":"debug","msg":"looking","time":"2026-11-24T08:06:11Z"}'
    assert len(written) == 3


def test_a_log_that_cannot_be(tmp_path: Path):
    with pytest.raises(InvalidParameter, match="invalid log-format: xml"):
        open_log("", "xml", debug=False, clock=lambda: MOMENT)
    with pytest.raises(NotFound, match="no such file or directory"):
        open_log(str(tmp_path / "no/log"), "text", debug=False, clock=lambda: MOMENT)


def test_the_table_of_containers():
    rows = [
        {
            "id": "web",
            "pid": 12,
            "status": "running",
            "bundle": "/a/long/bundle/path",
            "created": "now",
            "owner": "root",
        }
    ]
    assert table(rows) == (
        "ID          PID         STATUS      BUNDLE                CREATED     OWNER\n"
        "web         12          running     /a/long/bundle/path   now         root"
    )
    assert table([]) == "ID          PID         STATUS      BUNDLE      CREATED     OWNER"


def test_the_rows_of_ps():
    printed = (
        "UID        PID  PPID CMD\nroot         1     0 init\nroot        12     1 web 12\nroot       112    12 x\n"
    )
    assert only(printed, [12]) == "UID        PID  PPID CMD\nroot        12     1 web 12"
    assert only("  PID\n   12\n", [12]) == "  PID\n   12"
    with pytest.raises(InvalidParameter, match="couldn't find PID field in ps output"):
        only("COMMAND\nx\n", [1])


def test_usage():
    stats = Stats(
        cpu=CpuStats(total=30, kernel=10, user=20, per_cpu=(10, 20)),
        memory=MemoryStats(memory=MemoryUsage(usage=5, max=6, limit=7, failures=8), cache=9, details={"rss": 1}),
        pids=PidsStats(current=2),
        blkio=BlkioStats(bytes=(BlkioEntry(8, 0, "Read", 4096),)),
        hugetlb={"2MB": HugetlbStats(usage=1)},
    )
    usage = usage_document(stats)
    assert usage["cpu"] == {"usage": {"total": 30, "percpu": [10, 20], "kernel": 10, "user": 20}, "throttling": {}}
    assert usage["memory"]["usage"] == {"limit": 7, "usage": 5, "max": 6, "failcnt": 8}
    assert usage["memory"]["raw"] == {"rss": 1}
    assert usage["pids"] == {"current": 2}
    assert usage["blkio"] == {"ioServiceBytesRecursive": [{"major": 8, "op": "Read", "value": 4096}]}
    assert usage["hugetlb"] == {"2MB": {"usage": 1, "failcnt": 0}}


def test_features_name_what_the_spec_wants():
    features = document()
    assert features["ociVersionMax"] == "1.2.0"
    assert {"rbind", "rro", "tmpcopyup", "idmap", "nosymfollow", "rslave"} <= set(features["mountOptions"])
    assert "time" in features["linux"]["namespaces"]
    assert "SCMP_ACT_NOTIFY" not in features["linux"]["seccomp"]["actions"]


@pytest.mark.parametrize("rootless", [False, True])
def test_the_starter_is_a_valid_specification(rootless: bool):
    spec = spec_from_json(starter(rootless=rootless, uid=1000, gid=1001))
    assert spec.process is not None
    assert spec.linux is not None
    assert spec.process.args == ("sh",)
    assert ("user" in {namespace.type for namespace in spec.linux.namespaces}) == rootless
    assert [mapping.host_id for mapping in spec.linux.uid_mappings] == ([1000] if rootless else [])


NOTHING = {
    "tty": False,
    "env": (),
    "cwd": "",
    "user": "",
    "additional-gids": (),
    "cap": (),
    "no-new-privs": False,
    "apparmor": "",
    "process-label": "",
}
PATTERN = Process(
    terminal=True,
    cwd="/here",
    env=("A=1",),
    args=("first",),
    user=User(uid=5, gid=6, additional_gids=(7,)),
    capabilities=Capabilities(bounding=("CAP_KILL",), effective=("CAP_KILL",)),
)


def test_exec_takes_after_the_first_process():
    process = process_from_flags(PATTERN, ["ls", "-l"], NOTHING)
    assert process == PATTERN._replace(terminal=False, args=("ls", "-l"))


def test_exec_changes_what_flags_say():
    values = NOTHING | {
        "tty": True,
        "env": ("B=2",),
        "cwd": "/there",
        "user": "10:20",
        "additional-gids": ("30",),
        "cap": ("CAP_CHOWN",),
        "no-new-privs": True,
    }
    process = process_from_flags(PATTERN, ["ls"], values)
    assert (process.terminal, process.env, process.cwd, process.no_new_privileges) == (
        True,
        ("A=1", "B=2"),
        "/there",
        True,
    )
    assert process.user == User(uid=10, gid=20, additional_gids=(7, 30))
    assert process.capabilities == Capabilities(
        bounding=("CAP_KILL", "CAP_CHOWN"),
        effective=("CAP_KILL", "CAP_CHOWN"),
        permitted=("CAP_CHOWN",),
        ambient=("CAP_CHOWN",),
    )


@pytest.mark.parametrize("user", ["abc", "1:x", "-1", "1.5", "²"])
def test_a_user_that_is_no_number(user: str):
    with pytest.raises(InvalidParameter, match="invalid syntax"):
        process_from_flags(PATTERN, ["ls"], NOTHING | {"user": user})


def test_limits_from_flags():
    given = {flag.names[0]: 0 if flag.kind == "number" else "" for flag in UPDATE.flags}
    resources = from_flags(
        given | {"memory": "64m", "memory-swap": "-1", "cpu-quota": "-1", "pids-limit": -1, "cpuset-cpus": "0-1"}
    )
    assert resources.memory is not None
    assert resources.cpu is not None
    assert resources.pids is not None
    assert (resources.memory.limit, resources.memory.swap) == (64 << 20, -1)
    assert (resources.cpu.quota, resources.cpu.cpus, resources.cpu.shares) == (-1, "0-1", None)
    assert resources.pids.limit == -1
    with pytest.raises(InvalidParameter, match="invalid value for memory: invalid size: 'abc'"):
        from_flags(given | {"memory": "abc"})
    with pytest.raises(InvalidParameter, match="invalid value for cpu-share: x"):
        from_flags(given | {"cpu-share": "x"})
