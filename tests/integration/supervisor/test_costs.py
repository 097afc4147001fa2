"""What shims cost: nothing once they are gone, little memory while they live, little time for much output."""

import asyncio
import os
import threading

import pytest
from tests.integration.supervisor.peer import Peer
from tests.integration.supervisor.test_life import leftovers
from tests.integration.supervisor.world import World, children_of, eventually, exec_request

pytestmark = pytest.mark.root

CYCLES = 200
LINE = "the quick brown fox jumps over the lazy dog 0123456789 abcdefghijklmnopqrs"


@pytest.mark.slow
async def test_two_hundred_containers_leave_nothing(own: World) -> None:
    supervisor = (await own.client.ping())["pid"]

    async def cycle() -> None:
        with Peer("stdin", "stdout") as peer:
            shim = await own.create(
                "sh", "-c", "echo x", clients=(peer.client,), open_stdin=True, stdin_once=True, overlay=True
            )
            assert (await peer.output())["stdout"] == b"x\n"
            await own.end_of(shim)
        await shim.reap()
        assert leftovers(own, shim.container_id) == []

    for _ in range(10):
        await cycle()
    before = (_descriptors(os.getpid()), _descriptors(supervisor), _private_kib(supervisor))
    for _ in range(CYCLES):
        await cycle()
    assert (await own.client.ping())["pid"] == supervisor
    await eventually(lambda: children_of(supervisor) == [])
    assert _descriptors(os.getpid()) <= before[0]  # fewer when other tests' are collected meanwhile
    assert _descriptors(supervisor) == before[1]
    assert _private_kib(supervisor) < before[2] + 512
    assert own.client.ids() == []


async def test_a_shim_keeps_nothing_of_execs_and_clients_that_are_gone(own: World) -> None:
    shim = await own.create("sleep", "100")

    async def use() -> None:
        with Peer("stdin", "stdout") as peer, Peer("stdout") as other:
            await shim.attach(other.client)
            await shim.exec(exec_request("cat", open_stdin=True), peer.client)
            await peer.send(b"x")
            peer.half_close()
            assert (await peer.output())["stdout"] == b"x"

    await use()
    await eventually(lambda: children_of(shim.shim_pid) == [shim.pid])
    before = _descriptors(shim.shim_pid)
    for _ in range(20):
        await use()
    # Fewer, when the first round's last client was still being let go of at the first count.
    await eventually(lambda: _descriptors(shim.shim_pid) <= before)
    await eventually(lambda: children_of(shim.shim_pid) == [shim.pid])
    await shim.kill(9)
    await own.end_of(shim)


@pytest.mark.slow
async def test_fifty_quiet_shims_have_at_most_two_megabytes_each(own: World) -> None:
    shims = [await own.create("sleep", "100") for _ in range(50)]
    await asyncio.sleep(1)
    sizes = [_proportional_kib(shim.shim_pid) for shim in shims]
    for shim in shims:
        await shim.kill(9)
    for shim in shims:
        await own.end_of(shim)
    assert sum(sizes) / len(sizes) <= 2048, sizes


@pytest.mark.slow
async def test_a_hundred_megabytes_of_lines_cost_half_a_second_of_cpu(own: World) -> None:
    """At least 200 MB/s on one core, for log and client together; Docker does 51 with several."""
    size = 100_000_000
    with Peer("stdout") as peer:
        received = 0

        def read() -> None:
            nonlocal received
            peer.blocking()
            while data := peer.read_blocking():
                received += len(data)

        shim = await own.create("sh", "-c", f"yes '{LINE}' | head -c {size}; sleep 1", clients=(peer.client,))
        reader = threading.Thread(target=read)
        reader.start()
        await eventually(lambda: received >= size, 60)
        cpu_seconds = _cpu_seconds(shim.shim_pid)
        await own.end_of(shim)
        reader.join()
    assert sum(len(entry["log"]) for entry in own.log_entries(shim.container_id)) == size
    assert cpu_seconds <= 0.5


def _descriptors(pid: int) -> int:
    return len(os.listdir(f"/proc/{pid}/fd"))


def _rollup(pid: int, name: str) -> int:
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith(f"{name}:"))


def _proportional_kib(pid: int) -> int:
    return _rollup(pid, "Pss")


def _private_kib(pid: int) -> int:
    return _rollup(pid, "Anonymous")


def _cpu_seconds(pid: int) -> float:
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
