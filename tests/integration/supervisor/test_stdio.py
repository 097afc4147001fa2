"""Standard streams between container, log and clients: every byte, in order, and nobody blocked who shouldn't be."""

import asyncio
import hashlib
import os

import pytest
from tests.integration.supervisor.peer import Peer
from tests.integration.supervisor.world import World, eventually

from dockyard.supervisor.client import LogSettings

pytestmark = pytest.mark.root


@pytest.mark.row("H1")
async def test_output_goes_to_the_log_and_to_the_client(world: World) -> None:
    with Peer() as peer:
        shim = await world.create("sh", "-c", "echo out; echo err >&2; printf end", clients=(peer.client,))
        output = await peer.output()
        record = await world.end_of(shim)
    assert record.exit_code == 0
    assert output == {"stdout": b"out\nend", "stderr": b"err\n"}
    entries = world.log_entries(shim.container_id)
    assert [entry["log"] for entry in entries if entry["stream"] == "stdout"] == ["out\n", "end"]
    assert [entry["log"] for entry in entries if entry["stream"] == "stderr"] == ["err\n"]
    assert all(list(entry) == ["log", "stream", "time"] for entry in entries)


async def test_three_megabytes_through_stdin_with_half_close_and_output_after_it(world: World) -> None:
    data = os.urandom(3_000_000)
    with Peer("stdin", "stdout", "stderr") as peer:
        shim = await world.create(
            "sh", "-c", "md5sum; echo after; exit 7", clients=(peer.client,), open_stdin=True, stdin_once=True
        )
        await peer.send(data)
        peer.half_close()
        output = await peer.output()
        record = await world.end_of(shim)
    assert output["stdout"].decode() == f"{hashlib.md5(data).hexdigest()}  -\nafter\n"
    assert record.exit_code == 7


async def test_three_megabytes_come_back_through_cat(own: World) -> None:
    data = os.urandom(3_000_000)
    with Peer("stdin", "stdout", initial_stdin=data[:1000]) as peer:
        none = LogSettings()
        shim = await own.create("cat", clients=(peer.client,), open_stdin=True, stdin_once=True, log=none)

        async def feed() -> None:
            await peer.send(data[1000:])
            peer.half_close()

        feeding = asyncio.create_task(feed())
        output = await peer.output()
        await feeding
        await own.end_of(shim)
    assert output["stdout"] == data


async def test_stdin_stays_open_for_the_next_client_unless_it_is_once(own: World) -> None:
    with Peer("stdin", "stdout") as first, Peer("stdin", "stdout") as second:
        shim = await own.create("cat", clients=(first.client,), open_stdin=True)
        await first.send(b"one\n")
        await first.until(b"one\n")
        first.half_close()
        await shim.attach(second.client)
        await second.send(b"two\n")
        await second.until(b"two\n")
        await first.until(b"two\n")  # a client that has ended its input goes on receiving
        await shim.kill(9)
        assert (await own.end_of(shim)).exit_code == 137


async def test_without_stdin_the_container_reads_nothing(world: World) -> None:
    with Peer() as peer:
        await world.run("cat", clients=(peer.client,))
        assert await peer.to_end() == b""


async def test_unread_input_ends_the_client_without_an_error(own: World) -> None:
    with Peer("stdin", "stdout") as peer:
        shim = await own.create("sleep", "0.2", clients=(peer.client,), open_stdin=True, stdin_once=True)
        await peer.send(b"x" * 150_000)  # more than the pipe holds: some is left in the socket
        assert await peer.output() == {"stdout": b"", "stderr": b""}  # ECONNRESET would raise
        await own.end_of(shim)


async def test_a_slow_client_stops_the_container_and_gets_everything(own: World) -> None:
    with Peer("stdout") as peer:
        shim = await own.create("sh", "-c", "yes 0123456789 | head -c 20000000", clients=(peer.client,))
        await asyncio.sleep(0.5)
        assert not shim.on_exit.done(), "20 MB can't be on their way to a client that doesn't read"
        size = os.path.getsize(own.log_path(shim.container_id))
        await asyncio.sleep(0.3)
        assert os.path.getsize(own.log_path(shim.container_id)) == size < 20_000_000
        assert own_rss_bytes(shim.shim_pid) < 40_000_000
        output = await peer.output()
        assert (await own.end_of(shim)).exit_code == 0
    assert output["stdout"] == (b"0123456789\n" * 1_818_182)[:20_000_000]
    assert own.log_text(shim.container_id).encode() == output["stdout"]


async def test_a_client_that_stands_still_delays_the_end_by_two_seconds_and_loses_nothing(own: World) -> None:
    with Peer("stdout") as peer:
        shim = await own.create("sh", "-c", "yes | head -c 700000", clients=(peer.client,))
        assert (await own.end_of(shim)).exit_code == 0  # though nothing has been read
        assert own.exec_root and not os.path.exists(f"{own.directory(shim.container_id)}/shim.sock")
        assert (await peer.output())["stdout"] == b"y\n" * 350_000
    await eventually(lambda: not os.path.exists(f"/proc/{shim.shim_pid}"))


async def test_a_client_that_is_killed_leaves_the_container_alone(world: World) -> None:
    with Peer("stdin", "stdout") as first, Peer("stdout") as second:
        script = "i=0; while [ $i -lt 30 ]; do echo line $i; i=$((i+1)); usleep 10000; done"
        shim = await world.create("sh", "-c", script, clients=(first.client, second.client), open_stdin=True)
        await first.until(b"line 1\n")
        first.close()
        output = await second.output()
        assert (await world.end_of(shim)).exit_code == 0
    expected = "".join(f"line {number}\n" for number in range(30))
    assert output["stdout"].decode() == world.log_text(shim.container_id) == expected


async def test_a_killed_client_closes_stdin_that_is_once(own: World) -> None:
    with Peer("stdin", "stdout") as peer:
        shim = await own.create("cat", clients=(peer.client,), open_stdin=True, stdin_once=True)
        await peer.send(b"x\n")
        await peer.until(b"x\n")
        peer.close()
        assert (await own.end_of(shim)).exit_code == 0


async def test_output_of_a_background_process_is_not_waited_for_forever(own: World) -> None:
    """Without a pid namespace, what the first process leaves behind is killed with it."""
    with Peer("stdout") as peer:
        shim = await own.create(
            "sh", "-c", "sleep 1000 & echo gone", clients=(peer.client,), namespaces=("mount", "ipc", "uts", "network")
        )
        assert (await peer.output())["stdout"] == b"gone\n"
        await own.end_of(shim)
    assert not os.path.exists(f"/sys/fs/cgroup/pids/dockyard-test/{shim.container_id}")


async def test_a_client_may_have_what_was_said_before(own: World) -> None:
    with Peer("stdin", "stdout", "stderr") as first, Peer("stdout", "stderr", include_logs=True) as late:
        shim = await own.create(
            "sh",
            "-c",
            "echo one; echo err >&2; printf half; cat",
            clients=(first.client,),
            open_stdin=True,
            stdin_once=True,
        )
        await first.until(b"half")
        await shim.attach(late.client)
        await first.send(b"-line\n")
        first.half_close()
        output = await late.output()
        assert output == {"stdout": b"one\nhalf-line\n", "stderr": b"err\n"}
        await own.end_of(shim)


async def test_what_was_said_before_is_read_at_the_clients_pace_while_the_log_rotates(own: World) -> None:
    log = LogSettings("json-file", f"{own.base}/rotated.log", max_size_bytes=1_000_000, max_files=50)
    with Peer("stdout", include_logs=True) as late:
        script = "seq 100000; usleep 300000; seq 100001 200000; sleep 0.3"
        shim = await own.create("sh", "-c", script, log=log)
        await asyncio.sleep(0.2)
        await shim.attach(late.client)
        await asyncio.sleep(0.5)  # it doesn't read while the second half is written
        output = await late.output()
        await own.end_of(shim)
    assert output["stdout"].decode() == "".join(f"{number}\n" for number in range(1, 200_001))
    assert len([name for name in os.listdir(own.base) if name.startswith("rotated.log")]) > 10


def own_rss_bytes(pid: int) -> int:
    """Resident size of a process."""
    with open(f"/proc/{pid}/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


async def test_what_was_typed_before_the_start_may_be_larger_than_a_packet(own: World) -> None:
    typed = b"\xff" * 50_000  # six times as much in JSON
    with Peer("stdin", "stdout", initial_stdin=typed) as peer:
        shim = await own.create("cat", clients=(peer.client,), open_stdin=True, stdin_once=True)
        peer.half_close()
        assert (await peer.output())["stdout"] == typed
    assert (await own.end_of(shim)).exit_code == 0
