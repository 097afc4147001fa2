"""gRPC on both ends of a socket pair: calls, streams, errors, and peers that aren't what they say."""

import asyncio
import socket
import struct

import pytest
from grpclib.const import Status
from grpclib.exceptions import GRPCError, StreamTerminatedError
from h2.config import H2Configuration
from h2.connection import H2Connection

from dockyard.errors import NotFound
from dockyard.rpc.call import connect
from dockyard.rpc.serve import conversing, serve, streaming, unary
from dockyard.wire.buildkit.messages import control, files

INFO = "/moby.buildkit.v1.Control/Info"
STATUS = "/moby.buildkit.v1.Control/Status"
COPY = "/moby.filesync.v1.FileSync/DiffCopy"


async def info(request, metadata):
    return control.InfoResponse(buildkitVersion={"version": metadata.get("which", "")})


async def status(request, metadata):
    if request.Ref == "none":
        raise NotFound("no such build")
    for name in ("a", "b"):
        yield control.StatusResponse(vertexes=[{"digest": name}])


async def echo(stream):
    async for packet in stream:
        await stream.send_message(packet)


METHODS = {**unary(INFO, info), **streaming(STATUS, status), **conversing(COPY, echo)}


@pytest.fixture
async def pair():
    ours, theirs = socket.socketpair()
    served = await serve(METHODS, theirs)
    caller = await connect(ours)
    yield caller, served
    caller.close()
    await served.closed.wait()


async def test_calls(pair):
    caller, _ = pair
    answer = await caller.unary(INFO, control.InfoRequest(), {"which": "this"})
    assert answer.buildkitVersion.version == "this"
    told = [one.vertexes[0].digest async for one in caller.streaming(STATUS, control.StatusRequest(Ref="x"))]
    assert told == ["a", "b"]


async def test_an_error_has_its_status_and_text(pair):
    caller, _ = pair
    with pytest.raises(GRPCError) as caught:
        [one async for one in caller.streaming(STATUS, control.StatusRequest(Ref="none"))]
    assert (caught.value.status, caught.value.message) == (Status.NOT_FOUND, "no such build")


async def test_a_method_that_there_is_not(pair):
    caller, _ = pair
    with pytest.raises(GRPCError) as caught:
        await caller.unary("/moby.buildkit.v1.Control/Prune", control.PruneRequest())
    assert (caught.value.status, caught.value.message) == (
        Status.UNIMPLEMENTED,
        "unknown method Prune for service moby.buildkit.v1.Control",
    )


async def test_a_conversation_of_more_than_a_window(pair):
    caller, _ = pair
    async with caller.open(COPY, [("dir-name", "context")]) as stream:
        for number in range(40):
            await stream.send_message(files.Packet(ID=number, data=bytes(100_000)))
            assert number == (await stream.recv_message()).ID
        await stream.end()


async def test_a_message_that_is_too_large_is_refused_before_it_comes():
    ours, theirs = socket.socketpair()
    served = await serve(METHODS, theirs)
    ours.setblocking(False)
    peer = H2Connection(H2Configuration(client_side=True, header_encoding="ascii"))
    peer.initiate_connection()
    head = [(":method", "POST"), (":scheme", "http"), (":path", INFO), (":authority", "x"), ("te", "trailers")]
    peer.send_headers(1, [*head, ("content-type", "application/grpc")])
    peer.send_data(1, b"\0" + struct.pack(">I", 1 << 31))
    loop = asyncio.get_running_loop()
    await loop.sock_sendall(ours, peer.data_to_send())
    text = b""
    async with asyncio.timeout(10):
        while b"larger" not in text:
            data = await loop.sock_recv(ours, 1 << 16)
            assert data
            events = peer.receive_data(data)
            text += b"".join(str(getattr(event, "headers", "")).encode() for event in events)
    ours.close()
    await served.closed.wait()


@pytest.mark.parametrize(
    "text", [b"GET / HTTP/1.1\r\n\r\n", b"\xff" * 100, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\x00" * 64]
)
async def test_what_is_no_http2_ends_the_connection(text):
    ours, theirs = socket.socketpair()
    served = await serve(METHODS, theirs, early=text)
    async with asyncio.timeout(10):
        await served.closed.wait()
    ours.close()


async def test_calls_end_when_the_peer_is_gone():
    ours, theirs = socket.socketpair()
    caller = await connect(ours)
    call = asyncio.ensure_future(caller.unary(INFO, control.InfoRequest()))
    await asyncio.sleep(0.05)
    theirs.close()
    with pytest.raises((StreamTerminatedError, ConnectionError)):
        await call
    with pytest.raises(ConnectionError):
        await caller.unary(INFO, control.InfoRequest())
    caller.close()
