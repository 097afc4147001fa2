"""Processes of ours are killed, at any moment: containers live on, and nothing is lost or left behind."""

# ruff: noqa: ASYNC230 - small files and short commands of the test itself

import asyncio
import os
import random
import secrets
import signal
from functools import partial
from pathlib import Path

import pytest
from tests.integration.supervisor.bundle import config, write_bundle
from tests.integration.supervisor.peer import Peer
from tests.integration.supervisor.test_life import leftovers, mountinfo
from tests.integration.supervisor.world import World, eventually, exec_request

from dockyard.errors import Conflict, DeadlineExceeded, DockyardError, Unavailable
from dockyard.shim.directory import read_object
from dockyard.shim.sockets import connect_to, listen_at
from dockyard.supervisor import client
from dockyard.supervisor.channel import Channel
from dockyard.supervisor.client import ExternalRuntime, ShimConnection

pytestmark = pytest.mark.root

FORTY_LINES = "i=1; while [ $i -le 40 ]; do echo line $i; i=$((i+1)); usleep 20000; done; exit 42"


@pytest.mark.row("P3")
async def test_supervisor_killed_while_containers_run(world: World) -> None:
    with Peer("stdin", "stdout", "stderr") as peer:
        shim = await world.create("cat", clients=(peer.client,), open_stdin=True, stdin_once=True)
        await peer.send(b"before\n")
        await peer.until(b"before\n")
        await world.kill_supervisor()
        await peer.send(b"after\n")
        await peer.until(b"after\n")
        other = await world.create("true")  # starts a new supervisor
        assert (await world.end_of(other)).exit_code == 0
        assert (await shim.state())["status"] == "running"
        peer.half_close()
        await peer.to_end()
        assert (await world.end_of(shim)).exit_code == 0


@pytest.mark.row("P4")
async def test_daemon_and_supervisor_dead_while_the_container_writes_and_exits(world: World) -> None:
    shim = await world.create("sh", "-c", FORTY_LINES, overlay=True)
    await eventually(lambda: os.path.getsize(world.log_path(shim.container_id)) > 0)
    await world.kill_supervisor()
    await shim.close()  # as a daemon that is killed
    world.restart_daemon()
    await eventually(lambda: world.client.exit_record(shim.container_id) is not None)
    record = world.client.exit_record(shim.container_id)
    assert record is not None
    assert record.exit_code == 42
    assert world.log_text(shim.container_id) == "".join(f"line {number}\n" for number in range(1, 41))
    await eventually(lambda: not leftovers(world, shim.container_id))
    assert await world.client.adopt(shim.container_id) is None


async def test_a_restarted_daemon_adopts_the_container_with_all_it_can_do(world: World) -> None:
    before = await world.create("cat", tty=True, open_stdin=True)
    await before.close()
    world.restart_daemon()
    shim = await world.client.adopt(before.container_id)
    assert shim is not None
    assert (shim.pid, shim.started_at_ns, shim.paused) == (before.pid, before.started_at_ns, False)
    with Peer("stdin", "stdout", tty=True) as peer, Peer() as exec_peer:
        await shim.attach(peer.client)
        await peer.send(b"hello\n")
        await peer.until(b"hello\r\nhello\r\n")
        await shim.exec(exec_request("echo", "exec"), exec_peer.client)
        assert (await exec_peer.output())["stdout"] == b"exec\n"
        await shim.kill(9)
        await peer.to_end()
    assert (await world.end_of(shim)).exit_code == 137


async def test_two_daemons_may_be_connected(own: World) -> None:
    one = await own.create("sleep", "100")
    other = await own.client.adopt(one.container_id)
    assert other is not None
    await one.kill(9)
    assert await own.end_of(one) == await own.end_of(other)


async def test_an_exec_goes_on_while_the_daemon_is_away(own: World) -> None:
    before = await own.create("sleep", "100")
    request = exec_request("sh", "-c", "sleep 0.3; exit 6")
    with Peer() as peer:
        await before.exec(request, peer.client)
        await before.close()
        own.restart_daemon()
        shim = await own.client.adopt(before.container_id)
        assert shim is not None
        assert [state["exit_code"] for state in (await shim.state())["execs"]] == [None]
        await peer.to_end()
    state = await shim.exec_state(request.exec_id)
    assert state is not None
    assert state.exit_code == 6
    await shim.kill(9)
    await own.end_of(shim)


async def test_a_killed_shim_is_buried(world: World) -> None:
    with Peer() as peer:
        shim = await world.create("sh", "-c", "echo x; sleep 100", clients=(peer.client,), overlay=True)
        await peer.until(b"x\n")
        world.kill_shim(shim.container_id)
        await peer.to_end()
        record = await world.end_of(shim)
    assert (record.exit_code, record.signal, record.error) == (137, 9, "shim died")
    assert world.client.exit_record(shim.container_id) == record
    await eventually(lambda: _is_gone(shim.pid))
    assert leftovers(world, shim.container_id) == []
    assert world.log_text(shim.container_id) == "x\n"


async def test_a_shim_killed_while_no_daemon_looks_is_buried_by_the_next_one(world: World) -> None:
    shim = await world.create("sleep", "100", overlay=True)
    await shim.close()
    await world.kill_supervisor()
    world.kill_shim(shim.container_id)
    world.restart_daemon()
    await eventually(lambda: _is_gone(shim.shim_pid))
    assert await world.client.adopt(shim.container_id) is None
    assert world.client.exit_record(shim.container_id) is None
    first = await world.client.bury(shim.container_id)
    assert (first.exit_code, first.error) == (137, "shim died")
    assert await world.client.bury(shim.container_id) == first
    assert leftovers(world, shim.container_id) == []


async def test_a_shim_killed_after_its_exit_record_leaves_no_cgroup_and_no_mount(world: World) -> None:
    with Peer() as peer:  # which doesn't read: the shim waits for it between the record and the cleaning
        shim = await world.create("dd", "if=/dev/zero", "bs=1k", "count=600", clients=(peer.client,), overlay=True)
        await eventually(lambda: world.client.exit_record(shim.container_id) is not None)
        world.kill_shim(shim.container_id)
        record = await world.end_of(shim)
    assert (record.exit_code, record.error) == (0, "")
    assert leftovers(world, shim.container_id) == []


async def test_a_living_shim_is_not_buried(own: World) -> None:
    shim = await own.create("sleep", "100")
    with pytest.raises(Conflict):
        await own.client.bury(shim.container_id)
    assert (await shim.state())["status"] == "running"
    await shim.kill(9)
    await own.end_of(shim)


async def test_sweep_removes_what_nobody_knows_and_nothing_else(world: World) -> None:
    known, unknown = await world.create("sleep", "100", overlay=True), await world.create("sleep", "100", overlay=True)
    await unknown.close()
    half_made = secrets.token_hex(32)
    write_bundle(world.directory(half_made), config(half_made, str(world.rootfs), "true"))
    assert await world.client.sweep({known.container_id}) == sorted([unknown.container_id, half_made])
    assert world.client.ids() == [known.container_id]
    await eventually(lambda: _is_gone(unknown.pid))
    assert f"{unknown.container_id}/merged" not in mountinfo()
    assert (await known.state())["status"] == "running"
    await known.kill(9)
    await world.end_of(known)


async def test_a_log_torn_by_a_killed_shim_is_mended(own: World) -> None:
    shim = await own.create("sh", "-c", "echo whole; sleep 100")
    log = own.log_path(shim.container_id)
    await eventually(lambda: os.path.getsize(log) > 0)
    with open(log, "ab") as file:
        file.write(b'{"log":"to')
    own.kill_shim(shim.container_id)
    await own.end_of(shim)
    assert [entry["log"] for entry in own.log_entries(shim.container_id)] == ["whole\n"]


async def test_shims_killed_at_random_moments_of_their_making_leave_nothing(own: World) -> None:
    generator = random.Random(5)
    ids = [secrets.token_hex(32) for _ in range(40)]
    for container_id in ids:
        creating = asyncio.create_task(own.create("sleep", "100", overlay=True, container_id=container_id))
        await asyncio.sleep(generator.uniform(0, 0.02))
        keeper = f"{own.directory(container_id)}/shim.json"
        if read_object(keeper) is not None:
            own.kill_shim(container_id)
        else:
            creating.cancel()
        try:
            shim = await creating
        except (DockyardError, asyncio.CancelledError):
            pass
        else:
            assert (await own.end_of(shim)).error == "shim died"
    await own.client.sweep([])
    assert str(own.base) not in mountinfo()
    assert not set(ids) & set(os.listdir("/sys/fs/cgroup/pids/dockyard-test"))


async def test_daemons_that_give_up_while_a_container_is_made_leave_a_container_that_can_be_adopted(own: World) -> None:
    container_id = secrets.token_hex(32)
    creating = asyncio.create_task(own.create("sleep", "100", container_id=container_id))
    await eventually(lambda: os.path.exists(f"{own.directory(container_id)}/shim.sock"))
    creating.cancel()
    own.restart_daemon()
    shim = await own.client.adopt(container_id)
    assert shim is not None
    assert (await shim.state())["status"] == "running"
    await shim.kill(9)
    await own.end_of(shim)


async def test_signals_that_stray_to_the_shim_do_not_end_it(own: World) -> None:
    shim = await own.create("sleep", "100")
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD, signal.SIGPIPE):
        os.kill(shim.shim_pid, number)
    assert (await shim.state())["status"] == "running"
    await shim.kill(9)
    await own.end_of(shim)


async def test_one_supervisor_for_an_exec_root(own: World) -> None:
    before = await own.client.ping()
    own.restart_daemon()
    await asyncio.gather(*(own.client.ensure() for _ in range(3)))
    assert await own.client.ping() == before


def _is_gone(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            return file.read().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


async def test_a_connection_that_a_living_shim_drops_is_made_again(own: World) -> None:
    shim = await own.create("sleep", "100")
    request = exec_request("sh", "-c", "sleep 0.1; exit 6")
    await shim.exec(request, None)
    ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    shim.when_exec_ends(request.exec_id, ended.set_result)
    dropped = shim._use()
    for _ in range(2):
        channel = shim._use()
        channel._socket.send(b"no message")
        await asyncio.wait_for(channel.closed, 5)
        await eventually(partial(_has_another, shim, channel))
    assert shim._use() is not dropped
    assert await asyncio.wait_for(ended, 5) == 6  # though the connection may have missed it
    assert (await shim.state())["status"] == "running"
    assert not shim.closed.done()
    await shim.kill(9)
    assert (await own.end_of(shim)).exit_code == 137


async def test_a_create_that_takes_too_long_leaves_nothing(own: World, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = own.base / "slow-runtime"
    slow.write_text('#!/bin/sh\ncase " $* " in *" create "*) sleep 987654;; *) exit 1;; esac\n')
    slow.chmod(0o755)
    own.runtime = ExternalRuntime(str(slow))
    monkeypatch.setattr(client, "CREATE_SECONDS", 0.5)
    container_id = secrets.token_hex(32)
    with pytest.raises(DeadlineExceeded):
        await own.create("true", overlay=True, container_id=container_id)
    assert leftovers(own, container_id) == []
    assert [pid for pid in map(int, filter(str.isdigit, os.listdir("/proc"))) if container_id in _command(pid)] == []
    own.runtime = None


async def test_a_request_that_a_standing_supervisor_finds_too_late_makes_nothing(
    own: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    pid = (await own.client.ping())["pid"]
    container_id = secrets.token_hex(32)
    monkeypatch.setattr(client, "CREATE_SECONDS", 0.3)
    os.kill(pid, signal.SIGSTOP)
    try:
        creating = asyncio.create_task(own.create("sleep", "100", container_id=container_id))
        await asyncio.sleep(0.6)
    finally:
        os.kill(pid, signal.SIGCONT)
    with pytest.raises(DeadlineExceeded):
        await creating
    await own.client.ping()
    assert own.client.exit_record(container_id) is None or leftovers(own, container_id) == []
    assert read_object(f"{own.directory(container_id)}/shim.json") is None


async def test_only_a_socket_that_nobody_listens_at_means_that_there_is_no_shim(
    own: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "ACCEPT_ATTEMPTS", 10)
    os.makedirs(own.directory("busy"))
    assert await own.client.adopt("busy") is None
    listener = listen_at(f"{own.directory('busy')}/shim.sock")
    listener.listen(0)
    waiting = [connect_to(f"{own.directory('busy')}/shim.sock")]
    with pytest.raises(Unavailable, match="accepts no connection"):
        await own.client.adopt("busy")
    listener.close()
    assert await own.client.adopt("busy") is None
    for connection in waiting:
        connection.close()


def _has_another(shim: ShimConnection, channel: Channel) -> bool:
    return shim._use() is not channel


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""
