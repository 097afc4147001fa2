"""Downloads for builds: nothing of the daemon's goes along but its proxies, and the disk's refusals are told."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

import pytest
from tests.support.full_disk import largest_file

from dockyard.builder.context import download as download_module
from dockyard.builder.context.download import download
from dockyard.errors import DockyardError, InvalidParameter, SystemFailure
from dockyard.fs.archive.source import write_all
from dockyard.store.distribution.registry.proxies import Proxies

OK = "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + "x" * 1000


def moved(where: str) -> str:
    """A redirect."""
    return f"HTTP/1.1 302 Found\r\nLocation: {where}\r\nContent-Length: 0\r\n\r\n"


def served(answers: Mapping[str, str], work: Callable[[str], Awaitable[object]]) -> list[str]:
    """The heads of the requests that come to a server while `work` is given its address; `answers` by target."""
    heads: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        heads.append(head)
        writer.write(answers[head.split()[1]].encode())
        await writer.drain()
        writer.close()

    async def run() -> None:
        async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
            await work(f"127.0.0.1:{server.sockets[0].getsockname()[1]}")

    asyncio.run(run())
    return heads


def test_no_credentials_of_the_daemon_go_along(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What ~/.netrc has for a host is not for who names that host in a Dockerfile."""
    (tmp_path / "netrc").write_text("default login root password secret\n")
    (tmp_path / "netrc").chmod(0o600)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    path = str(tmp_path / "a")
    (head,) = served({"/a": OK}, lambda host: download(f"http://{host}/a", path, proxies=Proxies()))
    assert "authorization" not in head.lower()
    assert Path(path).read_text() == "x" * 1000


def test_a_slow_disk_holds_up_nobody_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []

    def slowly(descriptor: int, data: bytes) -> None:
        time.sleep(0.5)
        write_all(descriptor, data)

    async def work(host: str) -> None:
        getting = asyncio.ensure_future(download(f"http://{host}/a", str(tmp_path / "a"), proxies=Proxies()))
        while not getting.done():
            began = time.monotonic()
            await asyncio.sleep(0.01)
            pauses.append(time.monotonic() - began)
        await getting

    monkeypatch.setattr(download_module, "write_all", slowly)
    served({"/a": OK}, work)
    assert (tmp_path / "a").read_text() == "x" * 1000
    assert sorted(pauses)[len(pauses) // 2] < 0.2
    assert len(pauses) > 5


def test_the_daemon_s_proxy_is_asked_also_after_a_redirect(tmp_path: Path) -> None:
    """Neither of these names needs to be known here."""
    answers = {"http://one.invalid/a": moved("http://two.invalid/b"), "http://two.invalid/b": OK}

    async def work(host: str) -> None:
        await download("http://one.invalid/a", str(tmp_path / "a"), proxies=Proxies(http=host))

    assert [head.split()[1] for head in served(answers, work)] == list(answers)


@pytest.mark.parametrize(
    ("answer", "error", "message"),
    [
        (moved("file:///etc/passwd"), InvalidParameter, "unsupported URL: file:///etc/passwd"),
        (moved("/a"), InvalidParameter, "stopped after 10 redirects"),
        (OK, SystemFailure, "File too large"),
    ],
)
def test_refused(tmp_path: Path, answer: str, error: type[DockyardError], message: str) -> None:
    """Odd redirects, and a disk that takes no more."""

    async def work(host: str) -> None:
        with largest_file(500), pytest.raises(error, match=message):
            await download(f"http://{host}/a", str(tmp_path / "a"), proxies=Proxies())

    served({"/a": answer}, work)
