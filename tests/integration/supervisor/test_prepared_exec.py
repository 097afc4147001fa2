"""Execs that the shim begins before they are asked for: nothing but time may tell them from others."""

# ruff: noqa: ASYNC230 - small files of the test itself

import asyncio
import os
import signal

import pytest
from tests.integration.supervisor.peer import Peer
from tests.integration.supervisor.test_exec import exit_code_of
from tests.integration.supervisor.world import World, children_of, eventually, exec_request

from dockyard.errors import DockyardError
from dockyard.supervisor.client import ShimConnection
from dockyard.supervisor.exec_request import ExecRequest

pytestmark = pytest.mark.root


async def waiting_process(shim: ShimConnection) -> int:
    """The one process that isn't the container's first, at the end of its way."""

    async def others() -> list[int]:
        return [pid for pid in await shim.processes() if pid != shim.pid]

    async def waits() -> bool:
        return [status_of(pid)["Seccomp"] for pid in await others()] == [status_of(shim.pid)["Seccomp"]]

    await eventually(waits)
    return (await others())[0]


def status_of(pid: int) -> dict[str, list[str]]:
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return {line.split(":")[0]: line.split()[1:] for line in file}


async def outcome(world: World, shim: ShimConnection, request: ExecRequest) -> tuple[dict[str, bytes], int]:
    with Peer("stdin", "stdout", "stderr") as peer:
        await shim.exec(request, peer.client)
        peer.half_close()
        output = await peer.output()
    return output, await exit_code_of(world, shim, request.exec_id)


async def test_what_was_prepared_is_what_runs(own: World) -> None:
    shim = await own.create("sleep", "100")
    request = exec_request("sh", "-c", "cat; echo $$ $PPID; exit 3", open_stdin=True)
    await shim.prepare_exec(request)
    waiting = await waiting_process(shim)
    with Peer("stdin", "stdout", "stderr") as peer:
        assert await shim.exec(request, peer.client) == waiting
        await peer.send(b"in\n")
        peer.half_close()
        assert (await peer.output())["stdout"].startswith(b"in\n")
    assert await exit_code_of(own, shim, request.exec_id) == 3


async def test_while_it_waits_it_has_no_more_rights_than_its_program(own: World) -> None:
    shim = await own.create("sleep", "100")
    request = exec_request("sleep", "100")
    await shim.prepare_exec(request)
    before = status_of(await waiting_process(shim))
    with Peer() as peer:
        after = status_of(await shim.exec(request, peer.client))
    names = ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "NoNewPrivs", "Seccomp", "Uid", "Gid", "Groups", "NSpid")
    assert {name: before[name] for name in names} == {name: after[name] for name in names}


async def test_nobody_wants_it(own: World) -> None:
    shim = await own.create("sleep", "100")
    await outcome(own, shim, exec_request("true"))
    descriptors = len(os.listdir(f"/proc/{shim.shim_pid}/fd"))
    for _ in range(6):
        await shim.prepare_exec(exec_request("true"))
    assert len(await shim.processes()) <= 5  # no more than four ahead

    async def over() -> bool:
        return await shim.processes() == [shim.pid]

    await eventually(over)
    await eventually(lambda: len(os.listdir(f"/proc/{shim.shim_pid}/fd")) <= descriptors)
    request = exec_request("true")
    assert (await outcome(own, shim, request))[1] == 0


@pytest.mark.parametrize("changed", ["arguments", "detached", "stdin"])
async def test_something_else_is_wanted(own: World, changed: str) -> None:
    shim = await own.create("sleep", "100")
    request = exec_request("sh", "-c", "echo early")
    await shim.prepare_exec(request)
    waiting = await waiting_process(shim)
    if changed == "arguments":
        other = exec_request("sh", "-c", "echo late")
        output, code = await outcome(own, shim, request._replace(process=other.process))
        assert (output["stdout"], code) == (b"late\n", 0)
    elif changed == "stdin":
        output, code = await outcome(own, shim, request._replace(open_stdin=True))
        assert (output["stdout"], code) == (b"early\n", 0)
    else:
        await shim.exec(request, None)
        assert await exit_code_of(own, shim, request.exec_id) == 0
    await eventually(lambda: not os.path.exists(f"/proc/{waiting}"))


async def repeated(world: World, shim: ShimConnection) -> int:
    """An exec that ends twice: what the shim begins then for a third one, at the end of its way."""
    for _ in range(2):
        assert (await outcome(world, shim, exec_request("sh", "-c", "echo $PPID")))[1] == 0

    def waiting() -> list[int]:
        return [pid for pid in children_of(shim.shim_pid) if pid != shim.pid]

    await eventually(lambda: [status_of(pid)["Seccomp"] for pid in waiting()] == [status_of(shim.pid)["Seccomp"]])
    return waiting()[0]


async def test_an_exec_that_is_repeated_has_been_begun_already(own: World) -> None:
    shim = await own.create("sleep", "100")
    waiting = await repeated(own, shim)
    assert await shim.processes() == [shim.pid]  # nobody has asked for it
    request = exec_request("sh", "-c", "echo $PPID")
    await shim.prepare_exec(request)
    assert sorted(await shim.processes()) == sorted([shim.pid, waiting])
    with Peer("stdout") as peer:
        assert await shim.exec(request, peer.client) == waiting
        assert (await peer.output())["stdout"] == b"0\n"
    assert await exit_code_of(own, shim, request.exec_id) == 0


async def test_an_exec_that_wasnt_prepared_takes_it_too(own: World) -> None:
    shim = await own.create("sleep", "100")
    waiting = await repeated(own, shim)
    with Peer("stdout") as peer:
        assert await shim.exec(exec_request("sh", "-c", "echo $PPID"), peer.client) == waiting
        await peer.to_end()


@pytest.mark.parametrize("instead", ["another", "detached", "nothing"])
async def test_an_exec_isnt_repeated_a_third_time(own: World, instead: str) -> None:
    shim = await own.create("sleep", "100")
    waiting = await repeated(own, shim)
    if instead == "another":
        assert (await outcome(own, shim, exec_request("true")))[1] == 0
    elif instead == "detached":
        await shim.exec(exec_request("sh", "-c", "echo $PPID"), None)
    await eventually(lambda: not os.path.exists(f"/proc/{waiting}"))


async def test_where_processes_are_counted_nothing_is_begun_uninvited(own: World) -> None:
    shim = await own.create("sleep", "100")
    await shim.update({"pids": {"limit": 20}})
    for _ in range(3):
        assert (await outcome(own, shim, exec_request("true")))[1] == 0
    await asyncio.sleep(0.05)
    assert children_of(shim.shim_pid) == [shim.pid]


async def test_a_paused_container_shows_nothing_that_was_begun_ahead(own: World) -> None:
    shim = await own.create("sleep", "100")
    waiting = await repeated(own, shim)
    await shim.pause()
    await asyncio.sleep(1.2)  # longer than anything waits
    assert await shim.processes() == [shim.pid]
    assert not os.path.exists(f"/proc/{waiting}")
    await shim.resume()
    assert (await outcome(own, shim, exec_request("true")))[1] == 0


async def test_a_repeated_exec_in_a_container_that_was_paused_and_ends(own: World) -> None:
    shim = await own.create("sleep", "100")
    waiting = await repeated(own, shim)
    await shim.pause()
    await shim.resume()
    await shim.kill(9)
    assert (await own.end_of(shim)).exit_code == 137
    await eventually(lambda: not os.path.exists(f"/proc/{shim.shim_pid}") and not os.path.exists(f"/proc/{waiting}"))


async def test_what_is_wrong_is_said_at_the_start(own: World) -> None:
    shim = await own.create("sleep", "100")
    request = exec_request("nope")
    await shim.prepare_exec(request)
    with Peer("stdout") as peer:
        with pytest.raises(DockyardError, match="executable file not found"):
            await shim.exec(request, peer.client)
        assert b"executable file not found in $PATH" in (await peer.output())["stdout"]
    assert await exit_code_of(own, shim, request.exec_id) == 127


async def test_it_was_killed_while_it_waited(own: World) -> None:
    """Nobody has asked for it to be there: the exec is begun anew."""
    shim = await own.create("sleep", "100")
    request = exec_request("true")
    await shim.prepare_exec(request)
    os.kill(await waiting_process(shim), signal.SIGKILL)
    assert (await outcome(own, shim, request))[1] == 0


async def test_the_working_directory_was_replaced_while_it_waited(own: World) -> None:
    shim = await own.create("sleep", "100", overlay=True)
    root = f"/proc/{shim.pid}/root"
    os.makedirs(f"{root}/w")
    request = exec_request("cat", "marker")
    request.process["cwd"] = "/w"
    await shim.prepare_exec(request)
    await waiting_process(shim)
    os.rmdir(f"{root}/w")  # nobody is in it
    os.mkdir(f"{root}/w")
    with open(f"{root}/w/marker", "w", encoding="ascii") as file:
        file.write("new\n")
    output, code = await outcome(own, shim, request)
    assert (output["stdout"], code) == (b"new\n", 0)


async def test_the_program_moved_and_home_changed_while_it_waited(own: World) -> None:
    shim = await own.create("sleep", "100", overlay=True)
    root = f"/proc/{shim.pid}/root"
    os.makedirs(f"{root}/later")
    request = exec_request("sh", "-c", "echo $0 $HOME")
    request.process["env"] = ["PATH=/sooner:/later"]
    os.mkdir(f"{root}/sooner")
    os.symlink("/bin/busybox", f"{root}/later/sh")
    await shim.prepare_exec(request)
    await waiting_process(shim)
    os.rename(f"{root}/later/sh", f"{root}/sooner/sh")
    with open(f"{root}/etc/passwd", "w", encoding="ascii") as file:
        file.write("root:x:0:0:root:/moved:/bin/sh\n")
    output, code = await outcome(own, shim, request)
    assert (output["stdout"], code) == (b"sh /moved\n", 0)


@pytest.mark.parametrize("action", ["SCMP_ACT_ERRNO", "SCMP_ACT_KILL_PROCESS"])
async def test_a_filter_that_forbids_the_look_up_forbids_no_exec(own: World, action: str) -> None:
    """What waits is under the filter already; without having waited it looks up before that."""
    forbidden = {"names": ["chdir", "faccessat2"], "action": action}
    shim = await own.create("sleep", "100", seccomp={"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [forbidden]})
    request = exec_request("echo", "here")
    await shim.prepare_exec(request)
    waiting = await waiting_process(shim)
    output, code = await outcome(own, shim, request)
    assert (output["stdout"], code) == (b"here\n", 0)
    await eventually(lambda: not os.path.exists(f"/proc/{waiting}"))


async def test_a_working_directory_for_root_alone(own: World) -> None:
    """It is entered before the exec becomes its user, or it can't be."""
    shim = await own.create("sleep", "100", overlay=True)
    os.mkdir(f"/proc/{shim.pid}/root/private", 0o700)
    request = exec_request("echo", "here")
    request.process.update(cwd="/private", user={"uid": 1000, "gid": 1000})
    await shim.prepare_exec(request)
    await waiting_process(shim)
    assert (await outcome(own, shim, request))[1] == 0


async def test_the_container_ends_while_it_waits(own: World) -> None:
    shim = await own.create("sleep", "100")
    await shim.prepare_exec(exec_request("true"))
    await shim.kill(9)
    assert (await own.end_of(shim)).exit_code == 137
    await eventually(lambda: not os.path.exists(f"/proc/{shim.shim_pid}"))
