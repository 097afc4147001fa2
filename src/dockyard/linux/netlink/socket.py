"""A netlink socket: a batch of requests in one system call, every answer collected, every refusal with its reason.

A socket belongs for ever to the network namespace of the thread that opened it. That is how a namespace is configured
here without entering it: open the socket while inside, use it from anywhere.

https://man7.org/linux/man-pages/man7/netlink.7.html
"""

import os
import socket
from collections.abc import Iterator
from struct import unpack_from
from typing import Final

from dockyard.linux.netlink.filter import attach, only
from dockyard.linux.netlink.message import (
    HEADER,
    NLM_F_ACK,
    NLM_F_ACK_TLVS,
    NLM_F_CAPPED,
    NLM_F_DUMP,
    NLM_F_DUMP_INTR,
    NLMSG_DONE,
    NLMSG_ERROR,
    Message,
    attributes,
    messages,
    string,
    with_sequence,
)

NETLINK_ROUTE: Final = 0
NETLINK_NETFILTER: Final = 12

_SOL_NETLINK: Final = 270
_NETLINK_CAP_ACK: Final = 10
_NETLINK_EXT_ACK: Final = 11
_NETLINK_GET_STRICT_CHK: Final = 12
_NLMSGERR_ATTR_MSG: Final = 1

_RECEIVE_BYTES: Final = 1 << 16
_DUMP_ATTEMPTS: Final = 8


class NetlinkError(OSError):
    """The kernel refused a request. `errno` says how; the text ends with the kernel's own words where it has some.

    `index` is the place of the refused request in its batch.
    """

    def __init__(self, number: int, reason: str, index: int = 0) -> None:
        super().__init__(number, f"{os.strerror(number)} ({reason})" if reason else os.strerror(number))
        self.index = index


class NetlinkSocket:
    """One netlink socket in the network namespace of the thread that makes it. Not for several threads at a time."""

    def __init__(self, protocol: int = NETLINK_ROUTE, groups: int = 0) -> None:
        """Open and bind; `groups` is the mask of the first 32 multicast groups to hear.

        Raises:
            OSError: no netlink here, or no descriptors left.
        """
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, protocol)
        try:
            self._socket.setsockopt(_SOL_NETLINK, _NETLINK_CAP_ACK, 1)
            self._socket.setsockopt(_SOL_NETLINK, _NETLINK_EXT_ACK, 1)
            if protocol == NETLINK_ROUTE:
                self._socket.setsockopt(_SOL_NETLINK, _NETLINK_GET_STRICT_CHK, 1)
            self._socket.bind((0, groups))
        except OSError:
            self._socket.close()
            raise
        self._sequence = 0

    def fileno(self) -> int:
        """The descriptor, for poll."""
        return self._socket.fileno()

    def close(self) -> None:
        """Give the descriptor back; a repeat does nothing."""
        self._socket.close()

    def transact(self, *requests: bytes) -> None:
        """Send the requests in one system call; return when the kernel has carried out all of them.

        The kernel goes on after a refusal, so later requests of the batch may have succeeded when this raises.

        Raises:
            NetlinkError: of the first request that was refused; its `index` tells which.
        """
        first = self._sequence + 1
        self._sequence += len(requests)
        self._socket.send(
            b"".join(with_sequence(message, first + index, NLM_F_ACK) for index, message in enumerate(requests))
        )
        pending, refusal = len(requests), None
        while pending:
            for answer in messages(self._socket.recv(_RECEIVE_BYTES)):
                if answer.type != NLMSG_ERROR or not 0 <= answer.sequence - first < len(requests):
                    continue
                pending -= 1
                error = _refusal(answer, answer.sequence - first)
                if error is not None and (refusal is None or error.index < refusal.index):
                    refusal = error
        if refusal is not None:
            raise refusal

    def query(self, request: bytes) -> Message:
        """Ask for one object; the answer comes as a message of its own.

        Raises:
            NetlinkError: refused, for instance ENODEV.
        """
        self._sequence += 1
        self._socket.send(with_sequence(request, self._sequence, 0))
        while True:
            for answer in messages(self._socket.recv(_RECEIVE_BYTES)):
                if answer.sequence != self._sequence:
                    continue
                if answer.type == NLMSG_ERROR:
                    raise _refusal(answer, 0) or NetlinkError(0, "answer expected")
                return answer

    def dump(self, request: bytes) -> list[Message]:
        """Ask for all objects of a kind; asks again when the table changed under the dump (NLM_F_DUMP_INTR).

        Raises:
            NetlinkError: refused.
        """
        for _ in range(_DUMP_ATTEMPTS):
            found, interrupted = self._dump_once(request)
            if not interrupted:
                break
        return found

    def notifications(self) -> Iterator[Message]:
        """The messages of the next datagram of the multicast groups; waits for it.

        Raises:
            OSError: ENOBUFS when some were lost because nobody read in time.
        """
        yield from messages(self._socket.recv(_RECEIVE_BYTES))

    def hear_only(self, message_type: int, family: int) -> None:
        """Of what the groups tell, hear only messages of that type and address family.

        Raises:
            OSError: the kernel refuses the filter.
        """
        attach(self._socket, only(message_type, family))

    def join(self, group: int) -> None:
        """Hear one more multicast group, by number rather than by mask."""
        self._socket.setsockopt(_SOL_NETLINK, 1, group)  # NETLINK_ADD_MEMBERSHIP

    def _dump_once(self, request: bytes) -> tuple[list[Message], bool]:
        self._sequence += 1
        self._socket.send(with_sequence(request, self._sequence, NLM_F_DUMP))
        found: list[Message] = []
        interrupted = False
        while True:
            for answer in messages(self._socket.recv(_RECEIVE_BYTES)):
                if answer.sequence != self._sequence:
                    continue
                interrupted = interrupted or bool(answer.flags & NLM_F_DUMP_INTR)
                if answer.type == NLMSG_DONE:
                    return found, interrupted
                if answer.type == NLMSG_ERROR:
                    raise _refusal(answer, 0) or NetlinkError(0, "dump expected")
                found.append(answer)


def _refusal(answer: Message, index: int) -> NetlinkError | None:
    """What an NLMSG_ERROR says; None when it says that all went well (error 0, an acknowledgement)."""
    (code,) = unpack_from("=i", answer.body)
    if code == 0:
        return None
    reason = ""
    if answer.flags & NLM_F_ACK_TLVS:
        # After the code comes the refused request: its header alone where NETLINK_CAP_ACK was granted.
        (length,) = unpack_from("=I", answer.body, 4)
        skip = 4 + (HEADER.size if answer.flags & NLM_F_CAPPED else (length + 3) & ~3)
        reason = string(attributes(answer.body, skip).get(_NLMSGERR_ATTR_MSG, b""))
    return NetlinkError(-code, reason, index)
