"""One connection to the daemon: a socket, and the bytes that have arrived and not been read yet."""

from __future__ import annotations

import _socket
import select

from dockyard.client.address import Address
from dockyard.errors import Unavailable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

_PIECE = 1 << 16
_HEAD_LIMIT = 1 << 20


class Connection:
    """A connected socket with a read buffer. Blocking; `fileno()` is for poll(2) once a stream has been hijacked."""

    __slots__ = ("buffer", "ended", "socket")

    def __init__(self, address: Address) -> None:
        """Connects; raises Unavailable with Docker's message when nobody answers there."""
        self.buffer = bytearray()
        self.ended = False
        self.socket = _connect(address)

    def fileno(self) -> int:
        """The socket's descriptor."""
        return self.socket.fileno()

    def close(self) -> None:
        """Ends the conversation; may be called again."""
        self.socket.close()

    def end_writing(self) -> None:
        """Tells the daemon that no more will be sent (a half-close), while it may go on answering."""
        try:
            self.socket.shutdown(_socket.SHUT_WR)
        except OSError:
            return

    def fill(self) -> bool:
        """Waits for more bytes and puts them into the buffer; False at the end of the stream."""
        try:
            data = self.socket.recv(_PIECE)
        except ConnectionResetError:
            data = b""
        except OSError as error:
            raise Unavailable(f"error during connect: {error.strerror}") from error
        self.ended = not data
        self.buffer += data
        return bool(data)

    def send(self, data: bytes) -> None:
        """Sends all of `data`; raises Unavailable when the daemon has gone."""
        try:
            self.socket.sendall(data)
        except OSError as error:
            raise Unavailable(f"error during connect: {error.strerror}") from error

    def send_pieces(self, pieces: Iterable[bytes]) -> None:
        """Sends a chunked body (RFC 9112, section 7.1), while it takes in what the daemon answers meanwhile.

        A daemon that refuses the body answers and hangs up before its end: that ends the sending, and is no error here.
        """
        for piece in pieces:
            if piece and not self._send_and_take_in(b"%x\r\n%b\r\n" % (len(piece), piece)):
                return
        self._send_and_take_in(b"0\r\n\r\n")

    def _send_and_take_in(self, data: bytes) -> bool:
        poll = select.poll()
        poll.register(self.socket.fileno(), select.POLLIN | select.POLLOUT)
        rest = memoryview(data)
        while rest:
            events = poll.poll()[0][1]
            try:
                if events & select.POLLIN and not self.fill():
                    return False
                if events & select.POLLOUT:
                    rest = rest[self.socket.send(rest, _socket.MSG_DONTWAIT) :]
                elif events & (select.POLLHUP | select.POLLERR):
                    return False
            except BlockingIOError:
                continue
            except OSError:
                return False
        return True

    def take(self, size: int) -> bytes:
        """Removes and returns up to `size` bytes of the buffer."""
        data = bytes(self.buffer[:size])
        del self.buffer[:size]
        return data

    def line(self) -> bytes:
        """The next line without its end; raises Unavailable when the stream ends before it or the line has no end."""
        while (end := self.buffer.find(b"\n")) < 0:
            if len(self.buffer) > _HEAD_LIMIT or not self.fill():
                raise Unavailable("error during connect: the daemon ended the conversation in the middle of an answer")
        return self.take(end + 1).rstrip(b"\r\n")


def _connect(address: Address) -> _socket.socket:
    try:
        if address.path:
            sock = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM | _socket.SOCK_CLOEXEC)
            target: str | tuple[str, int] = address.path
        else:
            family, kind, protocol, _, found = _socket.getaddrinfo(address.host, address.port, 0, _socket.SOCK_STREAM)[
                0
            ]
            sock = _socket.socket(family, kind | _socket.SOCK_CLOEXEC, protocol)
            target = found  # type: ignore[assignment]
            sock.setsockopt(_socket.IPPROTO_TCP, _socket.TCP_NODELAY, 1)
    except (OSError, UnicodeError) as error:
        raise Unavailable(f"error during connect: lookup {address.host}: {error}") from error
    try:
        sock.connect(target)
    except PermissionError as error:
        sock.close()
        raise Unavailable(
            f"permission denied while trying to connect to the Docker daemon socket at {address.text}: "
            f"dial unix {address.path}: connect: permission denied"
        ) from error
    except OSError as error:
        sock.close()
        raise Unavailable(
            f"Cannot connect to the Docker daemon at {address.text}. Is the docker daemon running?"
        ) from error
    return sock
