"""The daemon's end of a connection."""

import asyncio
import socket
from typing import Any

import pytest

from dockyard.errors import Conflict, DeadlineExceeded, Unavailable
from dockyard.shim.packets import receive_packet, send_packet
from dockyard.supervisor.channel import Channel


def opened(events: list[Any] | None = None) -> tuple[Channel, socket.socket]:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.setblocking(False)
    return Channel(ours, "the shim", (events if events is not None else []).append), theirs


async def asked(theirs: socket.socket) -> dict[str, Any]:
    while True:
        try:
            packet = receive_packet(theirs)
        except BlockingIOError:
            await asyncio.sleep(0)
            continue
        assert packet is not None
        return packet.message


async def test_replies_find_their_requests_in_any_order() -> None:
    channel, theirs = opened()
    one, other = asyncio.create_task(channel.request("a")), asyncio.create_task(channel.request("b", {"x": 1}))
    first, second = await asked(theirs), await asked(theirs)
    assert (first["op"], second["op"], second["x"]) == ("a", "b", 1)
    send_packet(theirs, {"seq": second["seq"], "ok": {"n": 2}})
    send_packet(theirs, {"seq": first["seq"], "error": {"kind": "Conflict", "message": "no"}})
    assert await other == {"n": 2}
    with pytest.raises(Conflict, match="no"):
        await one
    channel.close()


async def test_events_come_in_order_and_before_the_end() -> None:
    events: list[Any] = []
    channel, theirs = opened(events)
    for number in range(3):
        send_packet(theirs, {"event": "e", "n": number})
    theirs.close()
    await asyncio.wait_for(asyncio.shield(channel.closed), 5)
    assert [event["n"] for event in events] == [0, 1, 2]


async def test_the_end_fails_what_waits_and_what_comes() -> None:
    channel, theirs = opened()
    waiting = asyncio.create_task(channel.request("a"))
    await asked(theirs)
    theirs.close()
    with pytest.raises(Unavailable, match="the shim is gone"):
        await waiting
    with pytest.raises(Unavailable):
        await channel.request("b")


async def test_no_answer_in_time() -> None:
    channel, theirs = opened()
    with pytest.raises(DeadlineExceeded, match="the shim didn't answer a within"):
        await channel.request("a", seconds=0.01)
    channel.close()
    theirs.close()


async def test_a_shim_that_does_not_read_is_waited_for() -> None:
    channel, theirs = opened()
    tasks = [asyncio.create_task(channel.request("a", {"fill": "x" * 50_000})) for _ in range(20)]
    await asyncio.sleep(0.01)
    for _ in range(20):
        message = await asked(theirs)
        send_packet(theirs, {"seq": message["seq"], "ok": {}})
    assert await asyncio.gather(*tasks) == [{}] * 20
    channel.close()


async def test_an_error_without_a_number_is_for_all_who_wait() -> None:
    channel, theirs = opened()
    waiting = [asyncio.create_task(channel.request(op)) for op in ("a", "b")]
    await asked(theirs)
    send_packet(theirs, {"seq": None, "error": {"kind": "Conflict", "message": "no"}})
    for each in waiting:
        with pytest.raises(Conflict, match="no"):
            await asyncio.wait_for(each, 5)
    channel.close()
