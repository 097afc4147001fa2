"""What a service manager hears: a datagram socket stands in for systemd."""

import asyncio
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dockyard.cmd.service_manager import ServiceManager, service_manager


@contextmanager
def listening(address: str) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind("\0" + address[1:] if address.startswith("@") else address)
        listener.settimeout(5)
        yield listener


@pytest.mark.parametrize("abstract", [False, True])
def test_each_message_is_a_datagram(tmp_path: Path, abstract: bool) -> None:
    address = f"@dockyard-test-{os.getpid()}" if abstract else str(tmp_path / "notify")
    with listening(address) as listener:
        manager = ServiceManager(address)
        manager.ready()
        manager.reloading(12_345_678)
        manager.stopping()
        assert [listener.recv(100) for _ in range(3)] == [
            b"READY=1",
            b"RELOADING=1\nMONOTONIC_USEC=12345",
            b"STOPPING=1",
        ]


async def test_the_watchdog_is_fed_twice_a_period(tmp_path: Path) -> None:
    with listening(str(tmp_path / "notify")) as listener:
        feeding = asyncio.create_task(ServiceManager(str(tmp_path / "notify"), 0.02).keep_alive())
        for _ in range(3):
            assert await asyncio.to_thread(listener.recv, 100) == b"WATCHDOG=1"
        feeding.cancel()


async def test_nobody_is_told_anything_without_a_manager() -> None:
    manager = service_manager({}, 1)
    manager.ready()
    assert manager.watchdog_seconds == 0
    await asyncio.wait_for(manager.keep_alive(), 1)


def test_a_manager_that_is_gone_is_no_failure(tmp_path: Path) -> None:
    ServiceManager(str(tmp_path / "nobody")).ready()


@pytest.mark.parametrize(("watched", "seconds"), [("7", 30.0), ("8", 0.0), (None, 30.0)])
def test_variables_are_read_once_and_for_this_process(watched: str | None, seconds: float) -> None:
    environment = {"NOTIFY_SOCKET": "/run/notify", "WATCHDOG_USEC": "30000000", "PATH": "/bin"}
    if watched is not None:
        environment["WATCHDOG_PID"] = watched
    assert service_manager(environment, 7).watchdog_seconds == seconds
    assert environment == {"PATH": "/bin"}
