"""A container's life as the shim leads it: exit codes, signals, freezing, limits, and what is seen from outside."""

# ruff: noqa: ASYNC221, ASYNC230 - small files and short commands of the test itself

import asyncio
import os
import subprocess
from pathlib import Path

import pytest
from tests.integration.supervisor.peer import Peer
from tests.integration.supervisor.world import World, children_of, eventually, exec_request

from dockyard.errors import Conflict, DockyardError, InvalidParameter
from dockyard.shim.oom_protection import SHIM_SCORE, set_score
from dockyard.supervisor.client import LogSettings

pytestmark = pytest.mark.root


@pytest.mark.parametrize(
    ("script", "code", "signal"),
    [("exit 0", 0, 0), ("exit 42", 42, 0), ("exit 255", 255, 0), ("exec nope-at-all", 127, 0)],
)
async def test_exit_codes(world: World, script: str, code: int, signal: int) -> None:
    record = await world.run("sh", "-c", script)
    assert (record.exit_code, record.signal, record.oom_killed, record.error) == (code, signal, False, "")
    assert record.finished_at_ns > 1_600_000_000_000_000_000


@pytest.mark.parametrize(("number", "code"), [(9, 137), (15, 143)])
async def test_signals(world: World, number: int, code: int) -> None:
    shim = await world.create("sh", "-c", "trap 'exit 143' TERM; echo ready; while true; do sleep 0.01; done")
    await eventually(lambda: os.path.getsize(world.log_path(shim.container_id)) > 0)
    await shim.kill(number)
    record = await world.end_of(shim)
    assert record.exit_code == code
    assert record.signal == (9 if number == 9 else 0)


async def test_a_signal_after_the_end_is_an_error(own: World) -> None:
    shim = await own.create("true")
    await own.end_of(shim)
    with pytest.raises(DockyardError):
        await shim.kill(9)


async def test_create_then_start(world: World) -> None:
    with Peer() as peer:
        shim = await world.create("echo", "started", start=False, clients=(peer.client,))
        assert (await shim.state())["status"] == "created"
        assert shim.started_at_ns == 0
        await shim.start()
        assert shim.started_at_ns > 0
        assert (await peer.output())["stdout"] == b"started\n"
        with pytest.raises(DockyardError):
            await shim.start()
        await world.end_of(shim)


async def test_pause_and_resume(world: World) -> None:
    shim = await world.create("sh", "-c", "while true; do echo tick; usleep 5000; done")
    log = world.log_path(shim.container_id)
    await eventually(lambda: os.path.getsize(log) > 0)
    await shim.pause()
    assert (await shim.state())["status"] == "paused"
    await asyncio.sleep(0.1)
    size = os.path.getsize(log)
    await asyncio.sleep(0.1)
    assert os.path.getsize(log) == size
    with pytest.raises(Conflict):
        await shim.pause()
    await shim.resume()
    await eventually(lambda: os.path.getsize(log) > size)
    await shim.kill(9)
    assert (await world.end_of(shim)).exit_code == 137


async def test_kill_of_a_paused_container_ends_it(own: World) -> None:
    shim = await own.create("sleep", "100")
    await shim.pause()
    await shim.kill(9)
    await shim.resume()
    assert (await own.end_of(shim)).exit_code == 137


async def test_out_of_memory(world: World) -> None:
    events: list[dict[str, object]] = []
    script = "sleep 0.1; dd if=/dev/zero of=/dev/null bs=200M count=1"
    shim = await world.create("sh", "-c", f"exec sh -c '{script}'", memory_bytes=32 << 20)
    shim.add_listener(events.append)
    record = await world.end_of(shim)
    assert record.oom_killed
    assert {"event": "oom"} in events


async def test_update_and_stats(world: World) -> None:
    shim = await world.create("sleep", "100")
    await shim.update({"pids": {"limit": 33}})
    stats = await shim.stats()
    assert stats["pids"]["limit"] == 33
    assert stats["memory"]["memory"]["usage"] > 0
    assert await shim.processes() == [shim.pid]
    await shim.kill(9)
    await world.end_of(shim)


@pytest.mark.parametrize(
    ("program", "words"),
    [("nope", "executable file not found in $PATH"), ("/etc/motd", "permission denied"), ("/etc", "")],
)
async def test_a_program_that_cannot_be_executed_leaves_nothing(world: World, program: str, words: str) -> None:
    with Peer() as peer:
        with pytest.raises(InvalidParameter) as raised:
            await world.create(program, clients=(peer.client,), overlay=True)
        assert await peer.to_end() == b""
    assert str(raised.value).startswith(f'exec: "{program}": ')
    assert words in str(raised.value)
    (container_id,) = world.client.ids()
    assert leftovers(world, container_id) == []
    with open(f"{world.directory(container_id)}/shim.log", encoding="utf-8") as log:
        assert words in log.read()
    await world.client.forget(container_id)
    assert world.client.ids() == []


async def test_an_unknown_log_driver_leaves_nothing(own: World) -> None:
    with pytest.raises(InvalidParameter, match="no log driver named 'nonesuch'"):
        await own.create("true", log=LogSettings("nonesuch"), overlay=True)
    (container_id,) = own.client.ids()
    assert leftovers(own, container_id) == []


async def test_a_log_that_cannot_be_opened_leaves_nothing(own: World) -> None:
    with pytest.raises(DockyardError, match="No such file or directory"):
        await own.create("true", log=LogSettings("json-file", f"{own.base}/none/such/log"), overlay=True)
    (container_id,) = own.client.ids()
    assert leftovers(own, container_id) == []


async def test_the_root_filesystem_is_mounted_and_unmounted(world: World) -> None:
    shim = await world.create("sh", "-c", "echo data > /file; sleep 100", overlay=True)
    layer = world.base / "layers" / shim.container_id
    await eventually(lambda: (layer / "diff/file").exists() and (layer / "diff/file").stat().st_size > 0)
    assert f" {layer}/merged " in mountinfo()
    await shim.kill(9)
    await world.end_of(shim)
    assert leftovers(world, shim.container_id) == []
    assert (layer / "diff/file").read_text() == "data\n"


@pytest.mark.row("P1", "D1", "D2")
async def test_each_container_has_a_shim_that_says_whose_it_is(world: World) -> None:
    one, other = await world.create("sleep", "100"), await world.create("sleep", "101")
    assert one.shim_pid != other.shim_pid
    for shim in (one, other):
        parent = subprocess.run(["ps", "-o", "ppid=", "-p", str(shim.pid)], capture_output=True, text=True, check=True)
        assert int(parent.stdout) == shim.shim_pid
        with open(f"/proc/{shim.shim_pid}/cmdline", "rb") as file:
            argv = file.read().decode().split("\0")
        directory = world.directory(shim.container_id)
        assert argv == [
            "dockyard-shim",
            *("-namespace", "moby"),
            *("-id", shim.container_id),
            *("-workdir", directory),
            *("-address", f"{world.exec_root}/supervisor.sock"),
            "",
        ]
        assert os.path.exists(f"{directory}/config.json")
        tree = subprocess.run(["pstree", "-l", "-a", "-A", str(shim.shim_pid), "-p"], capture_output=True, text=True)
        assert tree.stdout.splitlines()[0].startswith(f"dockyard-shim,{shim.shim_pid} -namespace moby")
        assert f"`-sleep,{shim.pid}" in tree.stdout.splitlines()[1]
        await shim.kill(9)
        await world.end_of(shim)


@pytest.mark.row("P2")
async def test_no_runtime_process_is_left_after_the_start(world: World) -> None:
    shim = await world.create("sleep", "100")
    # The answer doesn't wait until what made the container has been reaped.
    await eventually(lambda: children_of(shim.shim_pid) == [shim.pid])
    await shim.kill(9)
    await world.end_of(shim)


async def test_the_container_ignores_no_signal(own: World) -> None:
    """What the shim ignores or blocks must not be inherited."""
    with Peer() as peer:
        await own.run("sh", "-c", "exec cat /proc/self/status", clients=(peer.client,))
        status = (await peer.output())["stdout"].decode()
    masks = dict(line.split(":\t") for line in status.splitlines() if line.startswith("Sig"))
    assert int(masks["SigIgn"], 16) == int(masks["SigBlk"], 16) == int(masks["SigCgt"], 16) == 0


async def test_the_container_has_no_descriptor_but_its_own(world: World) -> None:
    with Peer() as peer:
        await world.run("ls", "/proc/self/fd", clients=(peer.client,))
        assert (await peer.output())["stdout"] == b"0\n1\n2\n3\n"  # 3 is the directory that ls reads


async def test_a_container_does_not_inherit_the_protection_of_its_shim(world: World) -> None:
    supervisor = (await world.client.ping())["pid"]
    normal = oom_score(os.getpid())
    set_score(200, f"/proc/{supervisor}/oom_score_adj")  # because to lower it, as in earnest, takes a privilege
    shim = await world.create("sleep", "100", oom_score=None)
    request = exec_request("sleep", "100")
    del request.process["oomScoreAdj"]
    assert [oom_score(shim.pid), oom_score(await shim.exec(request, None))] == [normal, normal]
    assert oom_score(shim.shim_pid) == (SHIM_SCORE if _may_protect() else 200)
    other = await world.create("sleep", "100", oom_score=300)
    again = request._replace(exec_id="again")
    assert [oom_score(other.pid), oom_score(await other.exec(again, None))] == [300, 300]
    for each in (shim, other):
        await each.kill(9)
        await world.end_of(each)


def oom_score(pid: int) -> int:
    return int(Path(f"/proc/{pid}/oom_score_adj").read_text())


def _may_protect() -> bool:
    status = Path("/proc/self/status").read_text()
    return bool(int(status.partition("CapEff:")[2].split()[0], 16) >> 24 & 1)  # CAP_SYS_RESOURCE


def leftovers(world: World, container_id: str) -> list[str]:
    """Mounts and cgroups that are still there."""
    mounts = [line for line in mountinfo().splitlines() if str(world.base) in line]
    top = "/sys/fs/cgroup"
    cgroups = [f"{top}/{name}/dockyard-test/{container_id}" for name in ("", *os.listdir(top))]
    return mounts + [path for path in cgroups if os.path.exists(path)]


def mountinfo() -> str:
    with open("/proc/self/mountinfo", encoding="utf-8") as file:
        return file.read()
