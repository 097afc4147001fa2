"""Hears what other processes do to nftables and to links, and calls back: so that we can mend it.

Two multicast groups of netlink are read by one thread. It says *that* something happened which may concern us, never
what to do about it; many changes at once (a firewall that reloads) come as one call.

include/uapi/linux/netfilter/nf_tables.h, include/uapi/linux/rtnetlink.h
"""

import os
import select
import socket
import threading
import time
from collections.abc import Callable
from typing import Final

from dockyard.linux.netlink import link
from dockyard.linux.netlink.message import Message, attributes, string
from dockyard.linux.netlink.socket import NETLINK_NETFILTER, NETLINK_ROUTE, NetlinkSocket

_RTMGRP_LINK: Final = 1
_NFNLGRP_NFTABLES: Final = 7
_NFTABLES: Final = 10 << 8
_NFGENMSG_BYTES: Final = 4

# DELTABLE, NEWCHAIN (also a change of policy), DELCHAIN, DELRULE, DELSET, DELSETELEM: each has the name of its table as
# attribute 1.
_SUSPECT: Final = frozenset(_NFTABLES | number for number in (2, 3, 5, 8, 11, 14))
_TABLE_NAME: Final = 1
# Ends every transaction, and says which thread made it (by the number that it has in the initial PID namespace).
_NEWGEN: Final = _NFTABLES | 15
_GENERATION_THREAD: Final = 2

SETTLE_SECONDS: Final = 0.02
_PATIENCE_SECONDS: Final = 0.2


class Monitor:
    """Reports, in a thread of its own, what other processes take away or close."""

    def __init__(self, concerns_table: Callable[[str], bool], concerns_link: Callable[[link.Link], bool]) -> None:
        """Listen in the network namespace of the calling thread; nothing is reported before `start`.

        Args:
            concerns_table: whether the nftables table of that name is one of ours.
            concerns_link: whether the deleted link is one of ours.

        Raises:
            OSError: no descriptors left, or a kernel without nftables.
        """
        self._concerns_table = concerns_table
        self._concerns_link = concerns_link
        self._links = NetlinkSocket(NETLINK_ROUTE, _RTMGRP_LINK)
        # Not AF_BRIDGE, which is how a port that leaves a bridge is reported.
        self._links.hear_only(link.RTM_DELLINK, socket.AF_UNSPEC)
        self._tables = NetlinkSocket(NETLINK_NETFILTER)
        self._tables.join(_NFNLGRP_NFTABLES)
        self._wake_read, self._wake_write = os.pipe2(os.O_CLOEXEC)
        self._thread: threading.Thread | None = None
        self._suspicious = False

    def start(self, report: Callable[[], None]) -> None:
        """Call `report` after every change by others; from the monitor's thread."""
        self._thread = threading.Thread(target=self._work, args=(report,), name="dockyard-monitor", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop, and wait until the thread has ended; a `report` that runs is waited for, so hold no lock that it needs.

        A repeat does nothing.
        """
        if self._wake_write < 0:
            return
        os.write(self._wake_write, b"x")
        if self._thread is not None:
            self._thread.join()
        for descriptor in (self._wake_read, self._wake_write):
            os.close(descriptor)
        self._wake_write = -1
        self._links.close()
        self._tables.close()

    def _work(self, report: Callable[[], None]) -> None:
        poll = select.poll()
        for source in (self._wake_read, self._links, self._tables):
            poll.register(source, select.POLLIN)
        changed = False
        since = 0.0
        while True:
            # Once something has changed, wait for silence: who reloads a firewall does a lot at once. But not for ever.
            ready = [descriptor for descriptor, _ in poll.poll(SETTLE_SECONDS * 1000 if changed else None)]
            if self._wake_read in ready:
                return
            if not changed:
                since = time.monotonic()
            elif not ready or time.monotonic() - since > _PATIENCE_SECONDS:
                changed = False
                report()
            if self._links.fileno() in ready:
                changed |= self._read(self._links, self._is_loss_of_link)
            if self._tables.fileno() in ready:
                changed |= self._read(self._tables, self._is_loss_of_rules)

    def _read(self, source: NetlinkSocket, judge: Callable[[Message], bool]) -> bool:
        """Whether a message of the next datagram concerns us; yes when messages were lost (ENOBUFS)."""
        try:
            return any(list(map(judge, source.notifications())))
        except OSError:
            return True

    def _is_loss_of_link(self, message: Message) -> bool:
        return self._concerns_link(link.parse(message))

    def _is_loss_of_rules(self, message: Message) -> bool:
        """What went is judged at the end of its transaction, which says whose it was. Our own losses are meant."""
        if message.type in _SUSPECT:
            table = attributes(message.body, _NFGENMSG_BYTES).get(_TABLE_NAME, b"")
            self._suspicious = self._suspicious or self._concerns_table(string(table))
        elif message.type == _NEWGEN and self._suspicious:
            self._suspicious = False
            thread = attributes(message.body, _NFGENMSG_BYTES).get(_GENERATION_THREAD, b"")
            return not _is_own_thread(int.from_bytes(thread, "big"))
        return False


def _is_own_thread(number: int) -> bool:
    """Whether a thread is of this process. In a PID namespace the answer may be a wrong no: then more is checked."""
    return os.path.exists(f"/proc/self/task/{number}")
