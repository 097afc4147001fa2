"""What the daemon tells the service manager that started it, as sd_notify(3) says: ready, reloading, stopping, alive.

One datagram a message to the socket in $NOTIFY_SOCKET. A manager that doesn't listen is no reason to fail.

https://www.freedesktop.org/software/systemd/man/latest/sd_notify.html
https://www.freedesktop.org/software/systemd/man/latest/sd_watchdog_enabled.html
"""

import asyncio
import logging
import socket
from collections.abc import MutableMapping

LOG = logging.getLogger(__name__)


class ServiceManager:
    """The service manager of this process; one that isn't there is told nothing.

    address: a path, or `@name` for an abstract socket; "" for none.
    watchdog_seconds: it kills the daemon when it hears nothing for so long; 0 for never.
    """

    def __init__(self, address: str = "", watchdog_seconds: float = 0.0) -> None:
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self.watchdog_seconds = watchdog_seconds if address else 0.0

    def ready(self) -> None:
        """The API answers; or: a reload is done."""
        self._tell("READY=1")

    def stopping(self) -> None:
        """The daemon was asked to end, and does."""
        self._tell("STOPPING=1")

    def reloading(self, monotonic_ns: int) -> None:
        """A reload has begun at `monotonic_ns` of CLOCK_MONOTONIC; `ready` must follow."""
        self._tell(f"RELOADING=1\nMONOTONIC_USEC={monotonic_ns // 1000}")

    async def keep_alive(self) -> None:
        """Tells twice in each period that the event loop still turns; returns at once where nobody watches."""
        while self.watchdog_seconds:
            self._tell("WATCHDOG=1")
            await asyncio.sleep(self.watchdog_seconds / 2)

    def _tell(self, message: str) -> None:
        if not self._address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as sender:
                sender.sendto(message.encode(), self._address)
        except OSError as error:
            LOG.warning("the service manager can't be told %s: %s", message.partition("\n")[0], error.strerror)


def service_manager(environment: MutableMapping[str, str], pid: int) -> ServiceManager:
    """The manager that started process `pid`. Its variables are taken out of `environment`: no child is meant."""
    address = environment.pop("NOTIFY_SOCKET", "")
    period, meant_for = environment.pop("WATCHDOG_USEC", ""), environment.pop("WATCHDOG_PID", "")
    watched = period.isascii() and period.isdecimal() and meant_for in ("", str(pid))
    # Only unix sockets: vsock addresses (`vsock:2:1234`) are for virtual machines that are a service as a whole.
    return ServiceManager(address if address[:1] in ("/", "@") else "", int(period) / 1e6 if watched else 0.0)
