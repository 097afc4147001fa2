"""Further processes in a running container."""

# ruff: noqa: ASYNC230 - small files and short commands of the test itself

import asyncio
import os

import pytest
from tests.integration.supervisor.peer import Peer
from tests.integration.supervisor.world import World, eventually, exec_request

from dockyard.errors import AlreadyExists, Conflict, DeadlineExceeded, DockyardError

pytestmark = pytest.mark.root


async def exit_code_of(world: World, shim: object, exec_id: str) -> int:
    ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    shim.when_exec_ends(exec_id, ended.set_result)  # type: ignore[attr-defined]
    return await asyncio.wait_for(ended, 10)


async def test_attached_exec(world: World) -> None:
    shim = await world.create("sleep", "100")
    with Peer("stdin", "stdout", "stderr") as peer:
        request = exec_request("sh", "-c", "cat; echo err >&2; exit 9", open_stdin=True)
        pid = await shim.exec(request, peer.client)
        assert os.path.exists(f"/proc/{pid}")
        await peer.send(b"through stdin\n")
        peer.half_close()
        assert await peer.output() == {"stdout": b"through stdin\n", "stderr": b"err\n"}
        # The client's end comes after the daemon has been told: it asks for the exit code at once.
        state = await shim.exec_state(request.exec_id)
        assert state is not None
        assert state.exit_code == 9
    assert await exit_code_of(world, shim, request.exec_id) == 9
    await shim.kill(9)
    await world.end_of(shim)


async def test_a_megabyte_through_an_exec(own: World) -> None:
    data = os.urandom(1_000_000)
    shim = await own.create("sleep", "100")
    with Peer("stdin", "stdout") as peer:
        await shim.exec(exec_request("cat", open_stdin=True), peer.client)

        async def feed() -> None:
            await peer.send(data)
            peer.half_close()

        feeding = asyncio.create_task(feed())
        assert (await peer.output())["stdout"] == data
        await feeding
    await shim.kill(9)
    await own.end_of(shim)


async def test_detached_exec(world: World) -> None:
    shim = await world.create("sleep", "100")
    request = exec_request("sleep", "50")
    pid = await shim.exec(request, None)
    await eventually(lambda: b"sleep\x0050" in _cmdline(pid))
    assert pid in await shim.processes()
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        assert int(file.read().rpartition(")")[2].split()[1]) == shim.shim_pid
    os.kill(pid, 15)
    assert await exit_code_of(world, shim, request.exec_id) == 143
    await shim.kill(9)
    await world.end_of(shim)


@pytest.mark.parametrize(("program", "code"), [("nope", 127), ("/nope", 127), ("/etc/motd", 126), ("/etc", 126)])
async def test_what_cannot_be_executed(world: World, program: str, code: int) -> None:
    shim = await world.create("sleep", "100")
    with Peer() as peer:
        request = exec_request(program)
        with pytest.raises(DockyardError) as raised:
            await shim.exec(request, peer.client)
        said = (await peer.output())["stdout"].decode()
    assert program in str(raised.value)
    prefix = "OCI runtime exec failed: exec failed: unable to start container process: "
    assert said == f"{prefix}{raised.value}\r\n"
    assert await exit_code_of(world, shim, request.exec_id) == code
    await shim.kill(9)
    await world.end_of(shim)


async def test_an_exec_id_is_used_once(own: World) -> None:
    shim = await own.create("sleep", "100")
    request = exec_request("true")
    await shim.exec(request, None)
    with pytest.raises(AlreadyExists):
        await shim.exec(request, None)
    await shim.kill(9)
    await own.end_of(shim)


async def test_a_background_process_does_not_keep_the_client(own: World) -> None:
    shim = await own.create("sleep", "100")
    with Peer() as peer:
        await shim.exec(exec_request("sh", "-c", "sleep 50 & echo done"), peer.client)
        assert (await peer.output())["stdout"] == b"done\n"  # after two seconds
    await shim.kill(9)
    await own.end_of(shim)


async def test_the_end_of_the_container_ends_its_execs(world: World) -> None:
    shim = await world.create("sleep", "100")
    with Peer() as peer:
        request = exec_request("sh", "-c", "echo here; sleep 50")
        await shim.exec(request, peer.client)
        await peer.until(b"here")
        await shim.kill(9)
        await peer.output()
    assert await exit_code_of(world, shim, request.exec_id) == 137
    assert (await world.end_of(shim)).exit_code == 137
    await eventually(lambda: not os.path.exists(f"/proc/{shim.shim_pid}"))


async def test_no_exec_after_the_end(own: World) -> None:
    shim = await own.create("true")
    await own.end_of(shim)
    with Peer() as peer, pytest.raises(DockyardError):
        await shim.exec(exec_request("true"), peer.client)


async def test_many_execs_are_forgotten(own: World) -> None:
    shim = await own.create("sleep", "100")
    requests = [exec_request("true") for _ in range(70)]
    for request in requests:
        await shim.exec(request, None)
        assert await exit_code_of(own, shim, request.exec_id) == 0
    assert await shim.exec_state(requests[0].exec_id) is None
    last = await shim.exec_state(requests[-1].exec_id)
    assert last is not None
    assert last.exit_code == 0
    await shim.kill(9)
    await own.end_of(shim)


async def test_a_created_container_takes_no_pause(own: World) -> None:
    shim = await own.create("sleep", "100", start=False)
    with pytest.raises(Conflict):
        await shim.pause()
    await shim.kill(9)
    await own.end_of(shim)


def _cmdline(pid: int) -> bytes:
    with open(f"/proc/{pid}/cmdline", "rb") as file:
        return file.read()


async def test_a_container_that_stops_every_process_cannot_hold_the_shim_up(own: World) -> None:
    shim = await own.create("sh", "-c", "while :; do kill -STOP -1; done")
    with Peer() as peer:
        execs = [asyncio.create_task(shim.exec(exec_request("true"), peer.client))]
        execs += [asyncio.create_task(shim.exec(exec_request("true"), None)) for _ in range(3)]
        await asyncio.sleep(0.5)
        assert not all(exec_.done() for exec_ in execs)  # some were stopped before they came to their program
        async with asyncio.timeout(5):
            assert (await shim.state())["status"] == "running"
            await shim.kill(9)
            assert (await shim.on_exit).exit_code == 137
            await asyncio.gather(*execs, return_exceptions=True)
            await peer.to_end()
    await own.end_of(shim)


async def test_an_exec_that_is_stopped_on_its_way_is_killed_in_the_end(own: World) -> None:
    shim = await own.create("sh", "-c", "while :; do kill -STOP -1; done")
    execs = [shim.exec(exec_request("true"), None) for _ in range(4)]
    outcomes = await asyncio.wait_for(asyncio.gather(*execs, return_exceptions=True), 20)
    assert any(isinstance(outcome, DeadlineExceeded) for outcome in outcomes)
    assert all(isinstance(outcome, DeadlineExceeded | int) for outcome in outcomes)
    await shim.kill(9)
    await own.end_of(shim)
