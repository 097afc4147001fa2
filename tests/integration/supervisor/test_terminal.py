"""Containers with a terminal: what is typed and shown, sizes, and the keys that detach."""

import asyncio

import pytest
from tests.integration.supervisor.peer import Peer
from tests.integration.supervisor.world import World, exec_request

from dockyard.errors import Conflict

pytestmark = pytest.mark.root

CTRL_P, CTRL_Q = b"\x10", b"\x11"


async def test_a_shell_at_a_terminal(world: World) -> None:
    with Peer("stdin", "stdout", tty=True) as peer:
        shim = await world.create("sh", clients=(peer.client,), tty=True, open_stdin=True)
        await peer.send(b"tty_is=$(tty); echo is=$tty_is\n")
        await peer.until(b"is=/dev/pts/0\r\n")
        await peer.send(b"exit 5\n")
        await peer.to_end()
        assert (await world.end_of(shim)).exit_code == 5
    assert "is=/dev/pts/0\r\n" in world.log_text(shim.container_id)


async def test_resize(world: World) -> None:
    with Peer("stdin", "stdout", tty=True) as peer:
        shim = await world.create("sh", clients=(peer.client,), tty=True, open_stdin=True)
        await shim.resize(33, 101)
        await peer.send(b"stty size\n")
        await peer.until(b"33 101")
        await shim.kill(9)
        await world.end_of(shim)


async def test_resize_without_a_terminal_is_a_conflict(own: World) -> None:
    shim = await own.create("sleep", "100")
    with pytest.raises(Conflict):
        await shim.resize(10, 10)
    await shim.kill(9)
    await own.end_of(shim)


async def test_detach_keys_leave_the_container_running(own: World) -> None:
    events: list[dict[str, object]] = []
    with Peer("stdin", "stdout", tty=True, detach_keys=CTRL_P + CTRL_Q) as first:
        shim = await own.create("sh", clients=(first.client,), tty=True, open_stdin=True)
        shim.add_listener(events.append)
        await first.send(b"echo a" + CTRL_P + b"b\n")  # half of the keys belongs to the shell
        await first.until(b"a\x10b\r\n" if False else b"\r\n")
        await first.send(CTRL_P)
        await first.send(CTRL_Q)
        await first.to_end()
    with Peer("stdin", "stdout", tty=True) as second:
        await shim.attach(second.client)
        await second.send(b"echo $((40+2))\n")
        await second.until(b"42\r\n")
        await second.send(b"exit\n")
        await second.to_end()
    await own.end_of(shim)
    assert {"event": "detach", "exec_id": None} in events


async def test_exec_with_a_terminal(world: World) -> None:
    shim = await world.create("sleep", "100")
    with Peer("stdin", "stdout", tty=True) as peer:
        request = exec_request("sh", tty=True, open_stdin=True)
        await shim.exec(request, peer.client)
        await shim.resize(20, 60, request.exec_id)
        await peer.send(b"stty size; tty\n")
        await peer.until(b"20 60\r\n")
        await peer.until(b"/dev/pts/0\r\n")
        await peer.send(b"exit 3\n")
        await peer.to_end()
    ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    shim.when_exec_ends(request.exec_id, ended.set_result)
    assert await asyncio.wait_for(ended, 5) == 3
    await shim.kill(9)
    await world.end_of(shim)


async def test_a_detached_terminal_is_read(own: World) -> None:
    """Otherwise the program would stop when the terminal's buffer is full."""
    shim = await own.create("sh", "-c", "yes | head -c 300000; exit 4", tty=True)
    assert (await own.end_of(shim)).exit_code == 4
    assert len(own.log_text(shim.container_id)) == 450_000  # each newline becomes two characters
