"""Requests and answers over a socket: bodies of all kinds, errors, and daemons that misbehave."""

import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dockyard.client.address import parse
from dockyard.client.engine import EngineClient
from dockyard.errors import Conflict, InvalidParameter, NotFound, NotImplementedYet, SystemFailure, Unavailable


class Scripted:
    """A server that reads one request after another and answers each with the next of its bytes."""

    def __init__(self, path: str, answers: list[bytes]) -> None:
        self.received: list[bytes] = []
        self._answers = answers
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(path)
        self._listener.listen()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        answers = iter(self._answers)
        for answer in answers:
            connection, _ = self._listener.accept()
            current: bytes | None = answer
            while current is not None:
                self.received.append(self._request(connection))
                connection.sendall(current)
                if b"Connection: close" in current or b"HTTP/1.1" not in current:
                    break
                current = next(answers, None)
            connection.close()

    @staticmethod
    def _request(connection: socket.socket) -> bytes:
        data = b""
        while b"\r\n\r\n" not in data:
            data += connection.recv(65536)
        head, _, body = data.partition(b"\r\n\r\n")
        if b"chunked" in head:
            while not body.endswith(b"0\r\n\r\n"):
                body += connection.recv(65536)
        elif b"Content-Length: " in head:
            length = int(head.partition(b"Content-Length: ")[2].partition(b"\r\n")[0])
            while len(body) < length:
                body += connection.recv(65536)
        return head + b"\r\n\r\n" + body

    def close(self) -> None:
        self._listener.close()


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., tuple[EngineClient, Scripted]]]:
    servers: list[Scripted] = []

    def start(*answers: bytes, version: str = "1.50") -> tuple[EngineClient, Scripted]:
        path = str(tmp_path / f"s{len(servers)}")
        servers.append(Scripted(path, list(answers)))
        return EngineClient(parse(path), api_version=version), servers[-1]

    yield start
    for server in servers:
        server.close()


def reply(body: bytes, status: str = "200 OK", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def test_a_request_as_it_goes_out(serve: Callable[..., tuple[EngineClient, Scripted]]) -> None:
    client, server = serve(reply(b'{"Id": "x"}', "201 Created"))
    assert client.call("POST", "/containers/create", {"name": "a b"}, json={"Image": "ü"}) == {"Id": "x"}
    head, _, body = server.received[0].partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    assert lines[0] == b"POST /v1.50/containers/create?name=a%20b HTTP/1.1"
    assert b"Content-Type: application/json" in lines
    assert f"Content-Length: {len(body)}".encode() in lines
    assert body.decode() == '{"Image":"ü"}'


def test_bodies_with_length_in_chunks_and_to_the_end(serve: Callable[..., tuple[EngineClient, Scripted]]) -> None:
    chunked = (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\n[1,\r\n3\r\n 2]\r\n0\r\nTrailer: x\r\n\r\n"
    )
    client, server = serve(chunked, reply(b"[1, 2]"), b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n[1, 2]")
    for _ in range(3):
        assert client.call("GET", "/x") == [1, 2]
    assert len(server.received) == 3


def test_an_interim_answer_is_skipped(serve: Callable[..., tuple[EngineClient, Scripted]]) -> None:
    client, _ = serve(b"HTTP/1.1 100 Continue\r\n\r\n" + reply(b"1"))
    assert client.call("GET", "/x") == 1


def test_values_come_one_by_one(serve: Callable[..., tuple[EngineClient, Scripted]]) -> None:
    client, _ = serve(reply(b'{"a":1}\r\n\n{"b":2}\n{"c":3}'))
    assert list(client.request("GET", "/events").values()) == [{"a": 1}, {"b": 2}, {"c": 3}]


def test_an_archive_goes_out_in_chunks(serve: Callable[..., tuple[EngineClient, Scripted]]) -> None:
    client, server = serve(reply(b""))
    client.call("POST", "/images/load", body=iter([b"abc", b"", b"defg"]))
    assert server.received[0].endswith(b"\r\n\r\n3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n")


def test_a_daemon_that_refuses_an_archive_half_way_is_heard(tmp_path: Path) -> None:
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(tmp_path / "s"))
    listener.listen()

    def refuse() -> None:
        connection, _ = listener.accept()
        connection.recv(1000)
        connection.sendall(reply(b'{"message":"no space left"}', "500 Internal Server Error"))
        connection.close()

    thread = threading.Thread(target=refuse)
    thread.start()
    client = EngineClient(parse(str(tmp_path / "s")), api_version="1.50")
    with pytest.raises(SystemFailure, match="no space left"):
        client.request("POST", "/images/load", body=(b"x" * 65536 for _ in range(1000)))
    thread.join()
    listener.close()


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("400 Bad Request", InvalidParameter),
        ("404 Not Found", NotFound),
        ("409 Conflict", Conflict),
        ("500 Internal Server Error", SystemFailure),
        ("501 Not Implemented", NotImplementedYet),
        ("503 Service Unavailable", Unavailable),
    ],
)
def test_errors_by_status(
    serve: Callable[..., tuple[EngineClient, Scripted]], status: str, kind: type[Exception]
) -> None:
    client, _ = serve(reply(b'{"message":"why"}', status))
    with pytest.raises(kind) as caught:
        client.call("GET", "/x")
    assert str(caught.value) == "Error response from daemon: why"


@pytest.mark.parametrize("body", [b"plain words", b"[1]", b'{"message":5}', b"\xff"])
def test_an_error_without_a_message_shows_its_body(
    serve: Callable[..., tuple[EngineClient, Scripted]], body: bytes
) -> None:
    client, _ = serve(reply(body, "500 Oops"))
    with pytest.raises(SystemFailure) as caught:
        client.call("GET", "/x")
    assert str(caught.value) == f"Error response from daemon: {body.decode(errors='replace')}"


@pytest.mark.parametrize(
    "answer",
    [
        b"SSH-2.0-x\r\n\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\nConnection: close\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{]",
        b"",
    ],
)
def test_answers_that_make_no_sense(serve: Callable[..., tuple[EngineClient, Scripted]], answer: bytes) -> None:
    client, _ = serve(answer)
    with pytest.raises(Unavailable):
        client.call("GET", "/x")


def test_an_older_daemon_is_spoken_to_in_its_version(serve: Callable[..., tuple[EngineClient, Scripted]]) -> None:
    refusal = b'{"message":"client version 1.50 is too new. Maximum supported API version is 1.41"}'
    client, server = serve(reply(refusal, "400 Bad Request"), reply(b"1"), reply(b"2"), version="")
    assert [client.call("GET", "/x"), client.call("GET", "/y")] == [1, 2]
    assert [request.split()[1] for request in server.received] == [b"/v1.50/x", b"/v1.41/x", b"/v1.41/y"]


def test_before_an_archive_the_version_is_asked_for(serve: Callable[..., tuple[EngineClient, Scripted]]) -> None:
    ping = b"HTTP/1.1 200 OK\r\nApi-Version: 1.41\r\n\r\n"
    client, server = serve(ping, reply(b"1"), version="")
    client.call("POST", "/images/load", body=iter([b"x"]))
    assert [request.split()[1] for request in server.received] == [b"/_ping", b"/v1.41/images/load"]


def test_nobody_there(tmp_path: Path) -> None:
    path = tmp_path / "nobody"
    with pytest.raises(Unavailable) as caught:
        EngineClient(parse(str(path))).call("GET", "/x")
    assert str(caught.value) == f"Cannot connect to the Docker daemon at unix://{path}. Is the docker daemon running?"


def test_a_header_can_not_be_smuggled_in(serve: Callable[..., tuple[EngineClient, Scripted]]) -> None:
    client, _ = serve(reply(b"1"))
    with pytest.raises(Unavailable):
        client.request("GET", "/x", headers={"X": "a\r\nY: b"})


def test_hijacking_keeps_what_came_with_the_answer(serve: Callable[..., tuple[EngineClient, Scripted]]) -> None:
    client, server = serve(b"HTTP/1.1 101 UPGRADED\r\nUpgrade: tcp\r\nConnection: Upgrade\r\n\r\nhello")
    response = client.hijack("/containers/x/attach", {"stream": True})
    assert response.status == 101
    while len(response.connection.buffer) < 5:
        response.connection.fill()
    assert response.connection.take(5) == b"hello"
    assert b"Upgrade: tcp" in server.received[0]
    response.connection.close()
